// Pointers on the map: one moves it, draws round points or chooses one; two zoom.
import type { VectorMapView } from "./vector-map-view.svelte.ts";
import { lassoRule } from "../core/map-choice.ts";
import { projection } from "../core/camera.ts";

/** Less movement than this, in pixels, is a click. */
const still = 4;
const reach = { mouse: 12, touch: 24 };

export class MapGestures {
  readonly #view: VectorMapView;
  readonly #pointers = new Map<number, { x: number; y: number }>();
  #start: { x: number; y: number } | null = null;
  #hasMoved = false;
  #isLasso = false;
  readonly #draw: (line: readonly number[]) => void;
  #line: number[] = [];

  /** `draw` is told the line as it grows, and an empty one when it ends. */
  constructor(view: VectorMapView, draw: (line: readonly number[]) => void) {
    this.#view = view;
    this.#draw = draw;
  }

  #place(event: PointerEvent | WheelEvent) {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  down(event: PointerEvent) {
    if (event.button !== 0) return;
    const place = this.#place(event);
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, place);
    this.#hasMoved = this.#pointers.size > 1;
    this.#start = place;
    this.#isLasso = this.#pointers.size === 1 && (this.#view.tool === "lasso" || event.shiftKey);
    this.#line = this.#isLasso ? [place.x, place.y] : [];
    this.#draw([]);
  }

  move(event: PointerEvent) {
    const place = this.#place(event);
    const before = this.#pointers.get(event.pointerId);
    if (!before) {
      if (event.pointerType === "mouse")
        this.#view.hovered = this.#view.at(place.x, place.y, reach.mouse);
      return;
    }
    if (this.#start && Math.hypot(place.x - this.#start.x, place.y - this.#start.y) > still)
      this.#hasMoved = true;
    if (this.#pointers.size === 2) this.#pinch(event.pointerId, before, place);
    else if (this.#isLasso) this.#draw((this.#line = [...this.#line, place.x, place.y]));
    else if (this.#hasMoved) {
      this.#view.hovered = -1;
      this.#view.pan(place.x - before.x, place.y - before.y);
    } else return;
    this.#pointers.set(event.pointerId, place);
  }

  #pinch(id: number, before: { x: number; y: number }, place: { x: number; y: number }) {
    const other = [...this.#pointers].find(([key]) => key !== id)?.[1];
    if (!other) return;
    const was = Math.hypot(before.x - other.x, before.y - other.y);
    const is = Math.hypot(place.x - other.x, place.y - other.y);
    const [x, y] = [(place.x + other.x) / 2, (place.y + other.y) / 2];
    this.#view.pan((place.x - before.x) / 2, (place.y - before.y) / 2);
    if (was > 0) this.#view.zoom(is / was, x, y);
  }

  up(event: PointerEvent) {
    const place = this.#pointers.get(event.pointerId);
    if (!place) return;
    this.#pointers.delete(event.pointerId);
    if (event.type === "pointercancel") this.#line = [];
    else if (!this.#hasMoved) this.#click(event, place);
    else if (this.#isLasso && this.#line.length >= 6) {
      const { camera, size, placing } = this.#view;
      const { unit, left, top } = projection(camera, size);
      const line = this.#line.map((at, k) => (at - (k % 2 ? top : left)) / unit);
      this.#view.chooseBy(lassoRule(placing, line));
    }
    this.#isLasso = false;
    this.#line = [];
    this.#draw([]);
  }

  #click(event: PointerEvent, { x, y }: { x: number; y: number }) {
    const within = event.pointerType === "mouse" ? reach.mouse : reach.touch;
    const point = this.#view.at(x, y, within);
    if (point < 0) return;
    if (event.ctrlKey || event.metaKey) this.#view.flip(point);
    this.#view.focus(point);
  }

  leave() {
    this.#view.hovered = -1;
  }

  /** Zooms where the reader works on the map; elsewhere the wheel scrolls the page. */
  wheel(event: WheelEvent) {
    const target = event.currentTarget as HTMLElement;
    if (!(event.ctrlKey || event.metaKey || target.contains(document.activeElement))) return;
    event.preventDefault();
    const { x, y } = this.#place(event);
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    this.#view.zoom(Math.exp((-event.deltaY * lines) / 400), x, y);
  }
}
