// A table as text: CSV for files (plain digits, so that programs read them), tabs for the clipboard.
import type { Table } from "../wire.ts";

const heading = (label: string, unit: string) => (unit ? `${label} (${unit})` : label);

function lines(table: Table): string[][] {
  const rows = table.foot ? [...table.rows, table.foot] : table.rows;
  return [
    table.columns.map((column) => heading(column.label, column.unit)),
    ...rows.map((row) => row.map((cell) => (cell === null ? "" : String(cell)))),
  ];
}

const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

export const csvOf = (table: Table) =>
  lines(table)
    .map((line) => line.map(quoted).join(",") + "\r\n")
    .join("");

export const tabbed = (table: Table) =>
  lines(table)
    .map((line) => line.map((text) => text.replace(/[\t\r\n]+/g, " ")).join("\t"))
    .join("\n");
