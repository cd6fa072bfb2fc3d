// Numbers of a unit as tables.
import type { Column, Table } from "../../wire.ts";

export const column = (label: string, more: Partial<Column> = {}): Column => ({
  label,
  unit: "",
  align: "right",
  decimals: null,
  bar: false,
  ...more,
});

/** Names and numbers, one a line. */
export const pairs = (
  heads: readonly [string, string],
  rows: Table["rows"],
  caption: string,
): Table => ({
  columns: [column(heads[0], { align: "left" }), column(heads[1])],
  rows,
  foot: null,
  caption,
});
