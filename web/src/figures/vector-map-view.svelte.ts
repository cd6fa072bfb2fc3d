// What is seen, coloured, chosen and focused on a map of points: shared by the picture and by what stands beside it.
import { createContext } from "svelte";
import { cubicOut } from "svelte/easing";
import { prefersReducedMotion, Tween } from "svelte/motion";
import { home, panned, showing, unitOf, zoomed } from "../core/camera.ts";
import type { Camera, Size } from "../core/camera.ts";
import { colouringOf } from "../core/colouring.ts";
import { islandsOf } from "../core/islands.ts";
import { countOf, flipped } from "../core/lasso.ts";
import type { Chosen } from "../core/lasso.ts";
import { chosenBy, pointsRule, roundRule } from "../core/map-choice.ts";
import type { Rule } from "../core/map-choice.ts";
import { aroundPoint, nearestPoint, nextPoint } from "../core/nearest.ts";
import { rgbOfHex } from "../core/oklab.ts";
import { between, placesOf, shuffled } from "../core/placed.ts";
import { turns } from "../core/stamps.ts";
import type { Tensor } from "../core/safetensors.ts";
import { view } from "../draw/view.svelte.ts";
import type { MapChannel, VectorMap } from "../wire.ts";

export type Marks = "pictures" | "dots" | "shapes";
export type Tool = "move" | "lasso";

/** Something that is no point of the map, or one of them: where it stands on each placing, null where that is not known. */
export interface Marked {
  words: string;
  point: number;
  places: readonly (readonly [number, number] | null)[];
}

const neighboursShown = 5;
const undoable = 50;
/** The first circle round a point, and how much each press widens it, in screen pixels and times. */
const circle = { first: 24, times: 1.4 };

export class VectorMapView {
  readonly figure: VectorMap;
  readonly count: number;
  readonly order: Uint32Array;
  readonly layers: readonly string[];
  readonly images: Tensor | null;
  /** Points with a picture, and the picture's number of each point or −1. */
  readonly pictured: ArrayLike<number>;
  readonly pictureOf: Int32Array;
  readonly places: readonly Float32Array[];
  readonly #array: (name: string) => Tensor;

  placing = $state(0);
  #before = $state(0);
  #way = new Tween(1, { duration: 240, easing: cubicOut });
  camera: Camera = $state.raw(home);
  size: Size = $state.raw({ width: 1, height: 1 });
  channel = $state("");
  marks: Marks = $state("dots");
  tool: Tool = $state("move");
  point = $state(-1);
  hovered = $state(-1);
  solo: ReadonlySet<number> = $state.raw(new Set());
  chosen: Chosen | null = $state.raw(null);
  /** How the present choice was made; null where no rule says it. */
  rule: Rule | null = $state.raw(null);
  /** A channel beside the figure's own. */
  added: MapChannel | null = $state.raw(null);
  marked: Marked | null = $state.raw(null);
  #addedArray: Tensor | null = null;
  #past: { chosen: Chosen | null; rule: Rule | null }[] = $state.raw([]);
  #radius = 0;

  constructor(figure: VectorMap, array: (name: string) => Tensor) {
    this.figure = figure;
    this.#array = array;
    this.count = figure.ids.length;
    this.order = shuffled(this.count);
    this.layers = [...new Set(figure.placings.map((placing) => placing.layer))];
    this.places = figure.placings.map((placing) => placesOf(array(placing.points)));
    this.images = figure.pictures === null ? null : array(figure.pictures);
    this.pictured = figure.pictured === null ? [] : array(figure.pictured).data;
    this.pictureOf = new Int32Array(this.count).fill(-1);
    for (let k = 0; k < this.pictured.length; k++) this.pictureOf[this.pictured[k]!] = k;
    this.placing = this.#before = this.drawnOf(
      figure.shown ? this.layers.indexOf(figure.shown) : this.layers.length - 1,
    );
    this.channel = figure.channels[0]?.name ?? "";
    this.marks = this.images && this.count <= 20_000 ? "pictures" : "dots";
  }

  readonly placed: Float32Array = $derived.by(() =>
    between(this.places[this.#before]!, this.places[this.placing]!, this.#way.current),
  );
  readonly layer: number = $derived.by(() =>
    this.layers.indexOf(this.figure.placings[this.placing]!.layer),
  );
  readonly channels: readonly MapChannel[] = $derived.by(() =>
    this.added ? [...this.figure.channels, this.added] : this.figure.channels,
  );
  readonly colourChannel: MapChannel | undefined = $derived.by(() =>
    this.channels.find((one) => one.name === this.channel),
  );
  /** Where what is marked stands now; null where that is not known. */
  readonly markedAt: readonly [number, number] | null = $derived.by(() => {
    const { marked } = this;
    if (!marked) return null;
    if (marked.point >= 0) {
      const [x, y] = this.placed.subarray(2 * marked.point, 2 * marked.point + 2);
      return x === x ? [x!, y!] : null;
    }
    const to = marked.places[this.placing] ?? null;
    const from = marked.places[this.#before] ?? to;
    const way = this.#way.current;
    return to && from && [from[0] + (to[0] - from[0]) * way, from[1] + (to[1] - from[1]) * way];
  });
  readonly colouring = $derived.by(() => {
    const { palette } = view;
    const hues = {
      classes: palette.classes,
      grey: rgbOfHex(palette.ink3),
      sequential: palette.tables.sequential,
    };
    const channel = this.colourChannel;
    if (channel) return colouringOf(channel, this.#tensor(channel), hues);
    const none = {
      kind: "classes",
      name: "",
      array: "",
      words: [],
      colours: [],
      unit: "",
    } as const;
    const data = new Int32Array(this.count).fill(-1);
    return colouringOf({ ...none, words: [], colours: [] }, { shape: [], data, scale: 1 }, hues);
  });
  /** When each point is drawn: not at all, standing back, as it is, or above the others. */
  readonly turn: Uint8Array = $derived.by(() => {
    const { code, entries } = this.colouring;
    const raised = entries.find((entry) => entry.isRaised)?.code ?? -1;
    const goal = this.places[this.placing]!;
    const turn = new Uint8Array(this.count);
    for (let i = 0; i < turn.length; i++) {
      if (goal[2 * i] !== goal[2 * i]) continue;
      const lit = (!this.chosen || this.chosen[i]) && (!this.solo.size || this.solo.has(code[i]!));
      turn[i] = !lit ? turns.dim : code[i] === raised ? turns.raised : turns.plain;
    }
    return turn;
  });
  readonly islands = $derived.by(() => {
    const channel = this.colourChannel;
    if (channel?.kind !== "classes") return [];
    const codes = this.data(channel);
    return islandsOf(this.places[this.placing]!, codes, channel.words.length);
  });
  readonly canUndo: boolean = $derived.by(() => this.#past.length > 0);
  /** The point that is told about: the one under the pointer, else the focused one. */
  readonly told: number = $derived.by(() => (this.hovered >= 0 ? this.hovered : this.point));

  #tensor(channel: MapChannel): Tensor {
    return channel === this.added ? this.#addedArray! : this.#array(channel.array);
  }

  data(channel: MapChannel) {
    return this.#tensor(channel).data;
  }

  /** Colours by a channel that is not of the figure; the last one of these goes. */
  colourByAnother(channel: MapChannel, array: Tensor) {
    this.#addedArray = array;
    this.added = channel;
    this.colourBy(channel.name);
  }

  /** The placing its layer is judged by. */
  drawnOf(layer: number): number {
    const found = this.figure.placings.findIndex(
      (placing) => placing.layer === this.layers[layer] && placing.is_drawn,
    );
    return Math.max(0, found);
  }

  show(placing: number) {
    if (placing === this.placing) return;
    this.#before = this.placing;
    this.placing = placing;
    this.#way.set(0, { duration: 0 });
    this.#way.set(1, prefersReducedMotion.current ? { duration: 0 } : {});
  }

  colourBy(channel: string) {
    this.channel = channel;
    this.solo = new Set();
  }

  toggleSolo(code: number) {
    const next = new Set(this.solo);
    if (!next.delete(code)) next.add(code);
    this.solo = next;
  }

  zoom(by: number, x = this.size.width / 2, y = this.size.height / 2) {
    this.camera = zoomed(this.camera, this.size, by, x, y);
  }

  pan(dx: number, dy: number) {
    this.camera = panned(this.camera, this.size, dx, dy);
  }

  whole() {
    this.camera = home;
  }

  #toPlane(x: number, y: number): [number, number] {
    const unit = unitOf(this.camera, this.size);
    return [
      (x - this.size.width / 2) / unit + this.camera.x,
      (y - this.size.height / 2) / unit + this.camera.y,
    ];
  }

  /** The point under a place of the screen, or −1. */
  at(x: number, y: number, reach: number): number {
    const unit = unitOf(this.camera, this.size);
    return nearestPoint(this.placed, this.turn, ...this.#toPlane(x, y), reach / unit);
  }

  focus(point: number) {
    if (point < 0) return;
    this.point = point;
    this.#radius = 0;
    const [x, y] = [this.placed[2 * point]!, this.placed[2 * point + 1]!];
    if (x === x) this.camera = showing(this.camera, this.size, x, y);
  }

  /** To the next point in a direction; the first time to the one in the middle. */
  step(way: readonly [number, number]) {
    if (this.point < 0 || this.turn[this.point] === turns.hidden) return this.focusMiddle();
    const step = 14 / unitOf(this.camera, this.size);
    this.focus(nextPoint(this.placed, this.turn, this.point, way, step));
  }

  focusMiddle() {
    this.focus(this.at(this.size.width / 2, this.size.height / 2, Infinity));
  }

  choose(chosen: Chosen | null, rule: Rule | null = chosen && pointsRule(chosen)) {
    if (chosen === null && this.chosen === null) return;
    this.#past = [...this.#past, { chosen: this.chosen, rule: this.rule }].slice(-undoable);
    this.chosen = chosen && countOf(chosen) > 0 ? chosen : null;
    this.rule = this.chosen && rule;
  }

  chooseBy(rule: Rule) {
    const codes = (name: string) => {
      const channel = this.channels.find((one) => one.name === name && one.kind !== "values");
      return channel ? { data: this.data(channel), words: channel.words } : null;
    };
    this.choose(chosenBy(rule, { count: this.count, places: this.places, codes }), rule);
  }

  undo() {
    if (this.#past.length === 0) return;
    const { chosen, rule } = this.#past.at(-1)!;
    Object.assign(this, { chosen, rule });
    this.#past = this.#past.slice(0, -1);
  }

  flip(point = this.point) {
    if (point >= 0) this.choose(flipped(this.chosen, point, this.count));
  }

  /** A circle round the focused point, wider or narrower with each call. */
  encircle(wider: boolean) {
    if (this.point < 0) return;
    const first = circle.first / unitOf(this.camera, this.size);
    const next = wider ? this.#radius * circle.times : this.#radius / circle.times;
    this.#radius = this.#radius === 0 ? first : next;
    this.chooseBy(roundRule(this.placing, this.point, this.#radius));
  }

  neighbours(point: number): number[] {
    if (this.figure.neighbours === null) {
      return aroundPoint(this.places[this.placing]!, point, neighboursShown);
    }
    const { data, shape } = this.#array(this.figure.neighbours);
    const width = shape[1] ?? 0;
    const row = Array.from(data.subarray(point * width, (point + 1) * width));
    return row.filter((other) => other >= 0).slice(0, neighboursShown);
  }

  /** What a channel says of a point, in words. */
  said(channel: MapChannel, point: number, inWords: (value: number) => string): string {
    const value = this.data(channel)[point]!;
    if (channel.kind === "values") return value === value ? inWords(value) : "not known";
    return channel.words[value] ?? "not known";
  }
}

export const [vectorMapView, provideVectorMapView] = createContext<VectorMapView>();
