// All channels of the unfolded row.
import type { Numbers, Tensor } from "../../core/safetensors.ts";
import * as api from "../api.ts";
import { comparing } from "../input/comparing.svelte.ts";
import { studio } from "../studio.svelte.ts";

export interface WallHeld {
  look: string;
  row: number;
  values: Tensor;
  peaks: Numbers;
  /** Share of places above zero. */
  active: Numbers;
  places: Tensor;
}

const wallOf = (look: string, row: number, found: ReadonlyMap<string, Tensor>): WallHeld => ({
  look,
  row,
  values: found.get("values")!,
  peaks: found.get("peaks")!.data,
  active: found.get("active")!.data,
  places: found.get("places")!,
});

class Walls {
  held: WallHeld | null = $state.raw(null);
  /** The gradient that came back to the unfolded row; null until it is asked for. */
  gradient: WallHeld | null = $state.raw(null);
  #asked = "";
  #gradientOf = "";
  #running: Promise<void> = Promise.resolve();

  /** Asks for the unfolded row of the present look, unless that is what is held. */
  refresh(side: number): Promise<void> {
    const key = comparing.key;
    const row = studio.open;
    if (row === null) this.held = null;
    if (key === undefined || row === null) return this.#running;
    const asked = `${key} ${row} ${side}`;
    if (asked !== this.#asked) this.#running = this.#ask(key, row, side, asked);
    return this.#running;
  }

  /** Asks for the gradient of an output's score at every channel of a row. */
  async askGradient(look: string, row: number, about: number, side: number) {
    const of = `${row} ${about}`;
    // That of the input before stays until the answer; of another row or output it would say something else.
    if (of !== this.#gradientOf) this.gradient = null;
    this.#gradientOf = of;
    try {
      this.gradient = wallOf(look, row, await api.backwardWall(look, row, about, side));
    } catch (error) {
      studio.fail("layers", error);
    }
  }

  get settled(): Promise<void> {
    return this.#running;
  }

  async #ask(key: string, row: number, side: number, asked: string) {
    this.#asked = asked;
    try {
      const found = await api.wall(key, row, side);
      this.held = wallOf(key, row, found);
    } catch (error) {
      if (this.#asked === asked) this.#asked = "";
      studio.fail("layers", error);
    }
  }
}

export const walls = new Walls();
