// What chosen points share, in a sentence and a table.
import { csvOf } from "./csv.ts";
import { measured, plain } from "./numbers.ts";
import type { Shared } from "./sharing.ts";
import type { Table } from "../wire.ts";

/** Less than this, after correction for all values asked about, is more than chance. */
export const level = 0.01;

const percent = (share: number) => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)}\u202f%`;

export interface SharedRow {
  word: string;
  here: number;
  share: string;
  whole: string;
  ratio: string;
  /** More, less or the same. */
  beside: string;
}

export function rowOf(one: Shared, word: string, known: number, whole: number): SharedRow {
  const beside = one.chance >= level ? "the same" : one.ratio > 1 ? "more" : "less";
  return {
    word,
    here: one.here,
    share: percent(one.here / known),
    whole: percent(one.everywhere / whole),
    ratio: one.here === 0 ? "0" : `${measured(one.ratio, 2)}\u00d7`,
    beside,
  };
}

/** "84 points chosen, 81 % label 4 (10 % of all)": the commonest value, and whether it is more than chance. */
export function sentenceOf(count: number, channel: string, first: SharedRow | undefined): string {
  const points = `${plain(count)} ${count === 1 ? "point" : "points"} chosen`;
  if (!first) return `${points}.`;
  const verdict = first.beside === "the same" ? "as by chance" : `${first.beside} than by chance`;
  return `${points}; ${first.share} have ${channel} ${first.word}, of all points ${first.whole}: ${verdict}.`;
}

/** The ids of chosen points with all that is known of them, as CSV. */
export function idsCsv(heads: readonly string[], rows: readonly (readonly (string | number)[])[]) {
  const columns = heads.map((label) => ({
    label,
    unit: "",
    align: "left" as const,
    decimals: null,
    bar: false,
  }));
  const table: Table = { columns, rows: rows.map((row) => [...row]), foot: null, caption: "" };
  return csvOf(table);
}
