// The strongest channels of the rows in sight: a run of neighbouring rows is one question, older pictures stay until the answer.
import { SvelteMap } from "svelte/reactivity";
import { runsOf } from "../../core/runs.ts";
import type { Numbers, Tensor } from "../../core/safetensors.ts";
import * as api from "../api.ts";
import { comparing } from "../input/comparing.svelte.ts";
import { studio } from "../studio.svelte.ts";

/** Some channels of one row, in order. */
export interface Strip {
  /** Key of the look they are of. */
  look: string;
  /** (n, h, w), on the scale of the whole row. */
  values: Tensor;
  channels: Numbers;
  /** The value of largest magnitude of each. */
  peaks: Numbers;
  /** (n, axes): where it is. */
  places: Tensor;
  /** Least value of the whole row, and the share of its values above zero. */
  low: number;
  active: number;
}

type Arrays = ReadonlyMap<string, Tensor>;

// An answer of so many rows at 28 pixels and 12 channels is below 200 kB.
const rowsAtOnce = 20;

class Strips {
  readonly held = new SvelteMap<number, Strip>();
  /** What is drawn in place of a row's strongest channels, with words of its own. */
  readonly instead = new SvelteMap<number, { strip: Strip; words: readonly string[] }>();
  #near = new Set<number>();
  #asked = new Map<number, string>();
  /** Channels of a strip. */
  count = 12;
  #side = 28;
  #isDue = false;
  #running: Promise<unknown> = Promise.resolve();

  /** A row came into sight, or left it. */
  sight(row: number, isNear: boolean) {
    if (!isNear) this.#near.delete(row);
    else if (!this.#near.has(row)) {
      this.#near.add(row);
      this.#soon();
    }
  }

  /** How many channels a strip has, and the longest side of their pictures. */
  fit(count: number, side: number) {
    if (count === this.count && side === this.#side) return;
    this.count = count;
    this.#side = side;
    this.#asked.clear();
    this.#soon();
  }

  /** Asks for what is in sight and not of the present look; fulfilled when it is there. */
  refresh(): Promise<unknown> {
    const key = comparing.key;
    if (key === undefined) return this.#running;
    const missing = [...this.#near].filter((row) => this.#asked.get(row) !== key);
    for (const row of missing) this.#asked.set(row, key);
    const runs = runsOf(missing, rowsAtOnce);
    if (runs.length > 0)
      this.#running = Promise.all(runs.map(([first, last]) => this.#ask(key, first, last)));
    return this.#running;
  }

  /** The first rows in sight as one question, and what keeps its answer as the strips of a look; null while none is in sight. */
  get asking(): { query: string; keep: (key: string, found: Arrays) => void } | null {
    const [run] = runsOf(this.#near, rowsAtOnce);
    if (!run) return null;
    const [first, last] = run;
    const query = `first=${first}&last=${last}&count=${this.count}&side=${this.#side}`;
    return {
      query,
      keep: (key, found) => {
        if (query !== this.asking?.query) return;
        for (let row = first; row < last; row++) {
          this.#asked.set(row, key);
          this.#keep(row, key, found);
        }
      },
    };
  }

  /** Once for all rows that come into sight together. */
  #soon() {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      void this.refresh();
    });
  }

  async #ask(key: string, first: number, last: number) {
    try {
      const found = await api.strips(key, first, last, this.count, this.#side);
      for (let row = first; row < last; row++) this.#keep(row, key, found);
    } catch (error) {
      for (let row = first; row < last; row++) {
        if (this.#asked.get(row) === key) this.#asked.delete(row);
      }
      studio.fail("layers", error);
    }
  }

  #keep(row: number, look: string, found: Arrays) {
    // An answer that comes late is of an input nobody looks at any more.
    if (this.#asked.get(row) !== look) return;
    const of = (name: string) => found.get(`${name}.${row}`)!;
    this.held.set(row, {
      look,
      values: of("values"),
      channels: of("channels").data,
      peaks: of("peaks").data,
      places: of("places"),
      low: of("layer").data[0]!,
      active: of("layer").data[1]!,
    });
  }
}

export const strips = new Strips();

/** A place out of an array of places. */
export function placeOf(places: Tensor, index: number): number[] {
  const axes = places.shape[1] ?? 0;
  return Array.from(places.data.subarray(index * axes, (index + 1) * axes));
}
