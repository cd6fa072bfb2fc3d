// The drawing: what a hand did, and what of it the network has seen.
import { tick } from "svelte";
import { blank, isBlank, sheetSides, stroked } from "../../core/strokes.ts";
import type { Point, Sheet } from "../../core/strokes.ts";
import type { Tensor } from "../../core/safetensors.ts";
import { strips } from "../layers/strips.svelte.ts";
import { studio } from "../studio.svelte.ts";
import { lookAtDrawing } from "./drawing.ts";
import { walls } from "../layers/walls.svelte.ts";

const mostSteps = 100;
const frameMs = 16;

class Pad {
  sheet: Sheet = $state.raw(blank(1, 1));
  /** What Undo goes back to, the latest last. */
  before: readonly Sheet[] = $state.raw([]);
  #isDue = false;
  #isSending = false;
  #sentAt = 0;
  /** When the oldest piece was drawn that the network has not been shown. */
  #drawnAt = 0;

  /** A sheet for inputs of those sides. */
  fit(height: number, width: number) {
    const [h, w] = sheetSides(height, width);
    if (h !== this.sheet.height || w !== this.sheet.width) {
      this.sheet = blank(w, h);
      this.before = [];
    }
  }

  /** How far the pen reaches from its middle, in pixels of the sheet. */
  get radius(): number {
    return Math.max(0.9, Math.min(this.sheet.width, this.sheet.height) / 28);
  }

  /** From here on is one stroke: one step of Undo. */
  lift() {
    this.before = [...this.before, this.sheet].slice(-mostSteps);
  }

  stroke(from: Point, to: Point) {
    this.sheet = stroked(this.sheet, from, to, this.radius);
    void this.send();
  }

  undo() {
    const last = this.before.at(-1);
    if (!last) return;
    this.before = this.before.slice(0, -1);
    this.sheet = last;
    void this.send();
  }

  clear() {
    // A blank sheet beside a sample is one whose picture is still on its way.
    if (isBlank(this.sheet) && studio.source?.kind !== "sample") return;
    this.lift();
    this.sheet = blank(this.sheet.width, this.sheet.height);
    void this.send();
  }

  /** Puts a grey picture of the sheet's own size on it, to be drawn on. */
  take(picture: Tensor) {
    const [, height, width, channels = 1] = picture.shape;
    const { sheet } = this;
    // Whoever draws already is not disturbed.
    if (this.#isSending) return;
    if (height !== sheet.height || width !== sheet.width || channels !== 1) return;
    this.lift();
    this.sheet = { height, width, pixels: Uint8Array.from(picture.data) };
  }

  /** Shows the network the sheet: one question at a time, at most one a frame, and always the newest drawing. */
  async send() {
    if (!this.#isDue) this.#drawnAt = performance.now();
    this.#isDue = true;
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#isDue) {
      const early = frameMs - (performance.now() - this.#sentAt);
      if (early > 0) await new Promise((done) => setTimeout(done, early));
      this.#isDue = false;
      this.#sentAt = performance.now();
      const start = this.#drawnAt;
      const { sheet } = this;
      await studio.see(() => lookAtDrawing(sheet));
      await Promise.all([strips.refresh(), walls.settled]);
      await tick();
      // Seen in the browser's own tools, and by the benchmark.
      performance.measure("stroke to layers", { start, end: performance.now() });
    }
    this.#isSending = false;
  }
}

export const pad = new Pad();
