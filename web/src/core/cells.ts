// What stands in a cell of a table.
import { fixed, plain } from "./numbers.ts";
import type { Column, Table } from "../wire.ts";

type Cell = Table["rows"][number][number];

export function cellText(cell: Cell | undefined, column: Column): string {
  if (cell === null || cell === undefined) return "";
  if (typeof cell === "string") return cell;
  return column.decimals === null ? plain(cell) : fixed(cell, column.decimals);
}

/** The longest bar of each column; 0 where the column has none. */
export const barMaxima = (table: Table): number[] =>
  table.columns.map((column, i) =>
    column.bar ? Math.max(0, ...table.rows.map((row) => Math.abs(Number(row[i]) || 0))) : 0,
  );

/** Unit and decimals that let the largest of a column be read with three digits or more. */
export function unitFor(
  largest: number,
  steps: readonly (readonly [size: number, name: string])[],
): { size: number; name: string; decimals: number } {
  const fitting = steps.filter(([size]) => largest >= 10 * size).at(-1) ?? steps[0]!;
  const [size, name] = fitting;
  return { size, name, decimals: size === 1 || largest / size >= 10_000 ? 0 : 1 };
}

export const memoryUnits = [
  [1, "bytes"],
  [1024, "KiB"],
  [1024 ** 2, "MiB"],
  [1024 ** 3, "GiB"],
] as const;

export const workUnits = [
  [1, ""],
  [1e3, "thousand"],
  [1e6, "million"],
  [1e9, "billion"],
] as const;

/** Nothing is a bare 0; what rounds to nothing says that it is not. */
export function amount(value: number, { size, decimals }: { size: number; decimals: number }) {
  if (value === 0) return "0";
  const text = fixed(value / size, decimals);
  return Number(text) === 0 ? `<${fixed(10 ** -decimals, decimals)}` : text;
}
