// What one layer makes of one input, or the first filters, in every version a training kept.
import { asRefused, isOvertaken } from "../api.ts";
import type { Refused } from "../api.ts";
import type { Numbers, Tensor } from "../../core/safetensors.ts";
import type { Answer, VersionRow } from "../wire.ts";
import { filters, lookBeside, wallOf } from "../versions/asking.ts";

export type What = "maps" | "filters";

/** One version's pictures. */
export interface Station {
  version: VersionRow;
  values: Tensor;
  /** Of maps: the value of largest magnitude of each channel. */
  peaks: Numbers | null;
  /** Of maps: the version's answers to the input. */
  answers: readonly Answer[];
}

export class Courses {
  /** By the version's name; of what was asked for last. */
  stations: readonly Station[] = $state.raw([]);
  fault: Refused | null = $state.raw(null);
  /** The pictures are of what was asked before. */
  isOld = $state(false);
  #wish = 0;

  /** Asks for every version in turn; the older pictures stay until all are there. */
  async ask(
    versions: readonly VersionRow[],
    what: What,
    look: { key: string; answers: readonly Answer[] } | null,
    row: number,
    side: number,
  ) {
    const wish = ++this.#wish;
    this.isOld = true;
    const found: Station[] = [];
    try {
      for (const version of versions) {
        const station = await this.#station(version, what, look, row, side);
        if (wish !== this.#wish) return;
        if (station) found.push(station);
      }
      this.fault = null;
    } catch (error) {
      if (isOvertaken(error) || wish !== this.#wish) return;
      this.fault = asRefused(error);
    }
    this.stations = found;
    this.isOld = false;
  }

  async #station(
    version: VersionRow,
    what: What,
    look: { key: string; answers: readonly Answer[] } | null,
    row: number,
    side: number,
  ): Promise<Station | null> {
    if (what === "filters") {
      const found = await filters(version.name, "course");
      return { version, values: found.get("values")!, peaks: null, answers: [] };
    }
    if (look === null) return null;
    const beside = version.name ? await lookBeside(look.key, version.name, "course") : null;
    if (beside?.alone.includes(row)) return null;
    const found = await wallOf(beside?.key ?? look.key, row, side, "course");
    const answers = beside?.answers ?? look.answers;
    return { version, values: found.get("values")!, peaks: found.get("peaks")!.data, answers };
  }
}
