// A table's column, of which most is as usual.
import type { Column } from "../wire.ts";

/** Numbers as they are, to the right, unless `more` says otherwise. */
export const column = (label: string, more: Partial<Column> = {}): Column => ({
  label,
  unit: "",
  align: "right",
  decimals: null,
  bar: false,
  ...more,
});
