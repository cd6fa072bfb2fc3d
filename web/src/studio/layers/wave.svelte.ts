// The gradient of an answer on its way back: rows turn from values to gradients, last to first.
import { SvelteMap } from "svelte/reactivity";
import { measured } from "../../core/numbers.ts";
import { rulerFor, runsBack, stepMs } from "../../core/wave.ts";
import * as api from "../api.ts";
import { isOvertaken } from "../api.ts";
import { strips } from "./strips.svelte.ts";
import type { Strip } from "./strips.svelte.ts";
import { studio } from "../studio.svelte.ts";
import type { BackwardMade } from "../wire.ts";

const rowsAtOnce = 20;

class Wave {
  made: BackwardMade | null = $state.raw(null);
  /** Key of the look it goes back through. */
  look = $state("");
  /** The row it is at; those before it still show their values. */
  at = $state(Infinity);
  isMoving = $state(false);
  /** It was asked for, and is on its way or there. */
  isSent = $state(false);
  readonly #strips = new SvelteMap<number, Strip>();
  #timer = 0;
  readonly #ofRow = $derived(new Map(this.made?.rows.map((row) => [row.row, row])));
  readonly ruler = $derived(
    rulerFor([...this.#ofRow].filter(([row]) => row >= 0).map(([, { norm }]) => norm)),
  );

  /** What a row shows instead of its values; undefined while the gradient has not come to it. */
  stripOf(row: number): { strip: Strip; words: readonly string[] } | undefined {
    const strip = row >= this.at ? this.#strips.get(row) : undefined;
    if (!strip) return undefined;
    return { strip, words: Array.from(strip.peaks, (peak) => measured(peak)) };
  }

  rowOf = (row: number) => (row >= this.at ? this.#ofRow.get(row) : undefined);

  /** Asks for the gradient of the output asked about, and sends it through the rows. */
  async send(isAtOnce = matchMedia("(prefers-reduced-motion: reduce)").matches) {
    const key = studio.look?.key;
    if (!key) return;
    this.isSent = true;
    const about = studio.output;
    try {
      const made = await api.backward(key, about);
      const runs = runsBack(studio.rows.length, rowsAtOnce);
      const [first, ...others] = runs;
      if (first) await this.#ask(key, about, first);
      this.look = key;
      this.made = made;
      const rest = Promise.all(others.map((run) => this.#ask(key, about, run)));
      if (isAtOnce) await rest;
      this.#move(isAtOnce);
      await rest;
      studio.said = `The gradient of ${studio.explored?.output.names[about]} at every layer.`;
    } catch (error) {
      studio.fail("layers", error);
      if (!this.made && !isOvertaken(error)) {
        this.isSent = false;
        studio.show("values");
      }
    }
  }

  stop() {
    this.isSent = false;
    clearTimeout(this.#timer);
    this.made = null;
    this.at = Infinity;
    this.isMoving = false;
    this.#strips.clear();
  }

  #move(isAtOnce: boolean) {
    clearTimeout(this.#timer);
    this.isMoving = !isAtOnce;
    this.at = isAtOnce ? 0 : studio.rows.length - 1;
    const step = () => {
      if (this.at <= 0) {
        this.isMoving = false;
        return;
      }
      this.at -= 1;
      this.#timer = window.setTimeout(step, stepMs(studio.rows.length));
    };
    if (!isAtOnce) this.#timer = window.setTimeout(step, stepMs(studio.rows.length));
  }

  async #ask(key: string, about: number, [first, last]: readonly [number, number]) {
    const found = await api.backwardStrips(key, about, first, last, strips.count);
    for (let row = first; row < last; row++) {
      const of = (name: string) => found.get(`${name}.${row}`)!;
      this.#strips.set(row, {
        look: key,
        values: of("values"),
        channels: of("channels").data,
        peaks: of("peaks").data,
        places: of("places"),
        low: -1,
        active: of("layer").data[1]!,
      });
    }
  }
}

export const wave = new Wave();
