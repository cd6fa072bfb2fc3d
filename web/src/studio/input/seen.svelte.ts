// The input as the network receives it.
import type { Tensor } from "../../core/safetensors.ts";
import * as api from "../api.ts";
import { studio } from "../studio.svelte.ts";

class Seen {
  /** (1, h, w) or (1, h, w, 3) of bytes; of a signal its curve. */
  picture: Tensor | null = $state.raw(null);
  /** Key of the look it is of. */
  look = $state("");
  #asked = "";

  async refresh() {
    const key = studio.look?.key;
    if (key === undefined || key === this.#asked) return;
    this.#asked = key;
    try {
      this.picture = (await api.seen(key)).get("picture") ?? null;
      this.look = key;
    } catch (error) {
      if (this.#asked === key) this.#asked = "";
      studio.fail("input", error);
    }
  }
}

export const seen = new Seen();
