// Numbers of a unit as tables.
import { column } from "../../core/columns.ts";
import type { Table } from "../../wire.ts";

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
