// A network being written: its text, what is true of it, and what is wrong with it.
import { settled } from "../../core/settled.ts";
import { asRefused, beginning, design, isOvertaken } from "../api.ts";
import type { Refused } from "../api.ts";
import type { Designed, DesignWanted } from "../wire.ts";

/** Long enough for a word to be finished, short enough to be at once. */
const pause = 200;

export class Design {
  wanted: DesignWanted = $state({ text: "", batch: 1, optimizer: "adam", values: {} });
  /** The last network that read whole: its page stays while the next one is written. */
  whole: Designed | null = $state.raw(null);
  /** What the text is now. */
  found: Designed | null = $state.raw(null);
  /** What was written before cures were applied. */
  earlier: string[] = $state.raw([]);
  fault: Refused | null = $state.raw(null);
  #round = 0;
  #ask = settled((wanted: DesignWanted) => void this.#judge(wanted), pause);

  async begin(text: string) {
    try {
      const start = await beginning();
      // What was typed before the answer came is not written over.
      this.wanted = { ...start, text: this.wanted.text || text || start.text };
      await this.#judge($state.snapshot(this.wanted));
    } catch (error) {
      this.#failed(error);
    }
  }

  changed() {
    this.#ask($state.snapshot(this.wanted));
  }

  /** Writes a cure over the text, which can be had again. */
  write(text: string) {
    this.earlier = [...this.earlier, this.wanted.text];
    this.#rewrite(text);
  }

  undo() {
    const last = this.earlier.at(-1);
    if (last === undefined) return;
    this.earlier = this.earlier.slice(0, -1);
    this.#rewrite(last);
  }

  #rewrite(text: string) {
    this.wanted.text = text;
    this.changed();
    this.#ask.flush();
  }

  async #judge(wanted: DesignWanted) {
    const round = ++this.#round;
    try {
      const found = await design(wanted);
      // An answer to an older question says nothing of what is written now.
      if (round !== this.#round) return;
      this.found = found;
      this.fault = null;
      if (found.page) this.whole = found;
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown) {
    if (isOvertaken(error)) return;
    this.fault = asRefused(error);
  }
}
