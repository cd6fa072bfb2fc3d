// Two looks beside each other: one is kept, and the layers show the present one, or the present one less it.
import * as api from "../api.ts";
import { besides } from "../versions/besides.svelte.ts";
import { isOvertaken, Refused } from "../api.ts";
import { isSameSource } from "../../core/address-parts.ts";
import type { Source } from "../../core/address.ts";
import { lookOf, studio } from "../studio.svelte.ts";
import type { Difference, LookMade } from "../wire.ts";

class Comparing {
  /** The kept look and the source that it is of, as the address names it. */
  #held: { of: Source; look: LookMade } | null = $state.raw(null);
  /** The present look less the kept one, and of which look it is. */
  #less: { of: string; found: Difference } | null = $state.raw(null);

  get kept(): LookMade | null {
    return isSameSource(this.#held?.of ?? null, studio.kept) ? (this.#held?.look ?? null) : null;
  }

  /** Whether the layers show the difference. */
  get isShown(): boolean {
    return studio.less;
  }

  /** Key of what the layers' pictures are of. */
  get key(): string | undefined {
    const key = studio.look?.key;
    if (besides.key || besides.isAwaited) return besides.key;
    if (!this.isShown || !this.kept || this.#less?.of !== key) return key;
    return this.#less?.found.key;
  }

  /** What is shown, in words; empty while it is the look itself. */
  get words(): string {
    return this.isShown && this.#less?.of === studio.look?.key
      ? (this.#less?.found.words ?? "")
      : "";
  }

  keep() {
    const { look, source } = studio;
    if (!look || !source) return;
    // What was changed on the way belongs to the look, and not to its input.
    const of: Source = studio.isAltered ? { kind: "look", key: look.key } : source;
    this.#held = { of, look };
    this.#less = null;
    studio.compare(of, false);
  }

  show(less: boolean) {
    studio.compare(studio.kept, less);
  }

  drop() {
    this.#held = null;
    this.#less = null;
    studio.compare(null, false);
  }

  /** Looks at what the address keeps, unless that is held. */
  async follow() {
    const { kept } = studio;
    if (kept === null || this.kept) return;
    try {
      const look = await lookOf(kept, "kept");
      if (isSameSource(kept, studio.kept)) this.#held = { of: kept, look };
    } catch (error) {
      if (isOvertaken(error)) return;
      this.drop();
      const why = error instanceof Refused ? error.message : String(error);
      const cure = "Keep another one.";
      studio.fail("layers", new Refused(`The input that was kept cannot be shown. ${why}`, cure));
    }
  }

  /** Asks for the difference of the present look, if it is to be shown and is not there yet. */
  async refresh() {
    const { kept } = this;
    const key = studio.look?.key;
    if (!this.isShown || !kept || key === undefined || this.#less?.of === key) return;
    try {
      this.#less = { of: key, found: await api.difference(key, kept.key) };
    } catch (error) {
      studio.fail("layers", error);
    }
  }
}

export const comparing = new Comparing();
