// The ways from a neuron to an answer: which channels of a row its effect goes through, and how much of it is shown.
import type { Onward, OnwardRow } from "../studio/wire.ts";
import type { Input } from "./inputs.ts";
import { fixed, signed } from "./numbers.ts";

/** What goes through each channel of a row, strongest first; one that is shown at several places counts once. */
export function onwardInputs(made: Onward, row: number): Input[] {
  const units = made.rows.find((one) => one.row === row)?.units ?? [];
  const found = new Map<number, number>();
  for (const { channel, number } of units) found.set(channel, (found.get(channel) ?? 0) + number);
  return Array.from(found, ([channel, number]) => ({ channel, number })).sort(
    (a, b) => Math.abs(b.number) - Math.abs(a.number) || a.channel - b.channel,
  );
}

/** Share of the whole effect, in whole percent; ways may cancel, so that a part may be above it. */
const percent = (part: number, total: number) => `${fixed((100 * part) / total, 0)}\u202f%`;

/** What goes through each channel as a share of the whole effect, short enough for beneath a tile: "+48 %". */
export const shareWords = (inputs: readonly Input[], total: number): string[] =>
  inputs.map(({ number }) =>
    total === 0 ? "" : signed(`${fixed((100 * number) / total, 0)}\u202f%`),
  );

/** "3 shown 62 %, all 100 %". */
export function heldWords(row: OnwardRow, total: number): string {
  if (total === 0) return "";
  return `${row.units.length} shown ${percent(row.shown, total)}, all ${percent(row.whole, total)}`;
}
