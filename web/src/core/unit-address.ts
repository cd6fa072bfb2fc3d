// The address of a unit's own page, and the way from there to the unit in the explorer.
import type { LayerRow } from "../studio/wire.ts";
import { hashOf, nowhere } from "./address.ts";
import { addressOf, saidIn } from "./views.ts";

export const unitAddress = (layer: string, unit: number) =>
  addressOf("unit", { layer, unit: String(unit) });

/** The unit that an address names, by its row's number; null where the network has none such. */
export function unitIn(
  hash: string,
  rows: readonly Pick<LayerRow, "name" | "channels">[],
): { row: number; channel: number } | null {
  const said = saidIn(hash);
  const row = rows.findIndex(({ name }) => name === said.get("layer"));
  const text = said.get("unit") ?? "";
  const channel = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  return row >= 0 && channel >= 0 && channel < rows[row]!.channels ? { row, channel } : null;
}

/** The unit in the explorer: at a place, or in the middle of its map; with a sample as input if one is named. */
export function exploreAddress(
  row: Pick<LayerRow, "name" | "sizes">,
  unit: number,
  sample: number | null = null,
  place: readonly number[] = [],
): string {
  const at =
    place.length === row.sizes.length ? place : row.sizes.map((size) => Math.floor(size / 2));
  const input = sample === null ? null : ({ kind: "sample", number: sample } as const);
  return hashOf({ ...nowhere, input, open: row.name, layer: row.name, unit, at });
}
