// The units that were looked at, the newest first: what a saved view can show again.
import type { Chosen } from "../studio.svelte.ts";
import type { UnitWanted } from "../wire.ts";

const most = 32;

class Looked {
  #look = "";
  #units: UnitWanted[] = [];

  /** Notes a unit of a look; those of other looks are forgotten. */
  note(look: string, { row, channel, at }: Chosen) {
    if (look !== this.#look) this.#units = [];
    this.#look = look;
    const text = (unit: UnitWanted) => `${unit.row} ${unit.channel} ${unit.at.join()}`;
    const unit = { row, channel, at: [...at] };
    const others = this.#units.filter((one) => text(one) !== text(unit));
    this.#units = [unit, ...others].slice(0, most);
  }

  of(look: string, chosen: Chosen | null): UnitWanted[] {
    if (chosen) this.note(look, chosen);
    return look === this.#look ? this.#units : [];
  }
}

export const looked = new Looked();
