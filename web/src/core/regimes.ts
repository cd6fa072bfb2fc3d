// Where the parts of the regime table stand at a width, and which rows the bracket joins.
import type { RegimeRow } from "../wire.ts";
import { ticks, type Ticks } from "./ticks.ts";

export type Form = "wide" | "two lines" | "stacked";

const gutter = 22;
const gap = 14;
const name = { wide: 236, "two lines": 210 };
const score = 92;
const difference = 104;
/** Time, memory, trained parameters, MACs. */
const figures = [84, 76, 84, 84];

/** The form that fits, its grid columns, and what is left for the axis. */
export function regimeGrid(width: number): { form: Form; columns: string; axis: number } {
  const sum = (parts: readonly number[]) => parts.reduce((all, part) => all + part + gap, 0);
  const wide = width - gutter - sum([name.wide, score, difference, ...figures]);
  if (wide >= 160) {
    const columns = [name.wide, wide, score, difference, ...figures];
    return { form: "wide", columns: columns.map((px) => `${px}px`).join(" "), axis: wide };
  }
  const two = width - gutter - sum([name["two lines"], score, difference]);
  if (two >= 160) {
    const columns = [name["two lines"], two, score, difference];
    return { form: "two lines", columns: columns.map((px) => `${px}px`).join(" "), axis: two };
  }
  const axis = width - gutter;
  return { form: "stacked", columns: "minmax(0, 1fr) minmax(0, 1fr)", axis };
}

export type Joint = "none" | "first" | "between" | "member" | "last";

/** What the bracket does at each row; there is none around a single row. */
export function jointsOf(rows: readonly Pick<RegimeRow, "level">[]): Joint[] {
  const first = rows.findIndex((row) => row.level);
  const last = rows.findLastIndex((row) => row.level);
  return rows.map((row, i) => {
    if (first === last || i < first || i > last) return "none";
    if (i === first) return "first";
    if (i === last) return "last";
    return row.level ? "member" : "between";
  });
}

const edge = 8;

/** The axis all rows share: whole steps around all intervals. */
export function regimeAxis(low: number, high: number, width: number) {
  const span = high - low || Math.max(Math.abs(high), 1) / 10;
  let found: Ticks = ticks(low, low + span, 3);
  // A step that only one round number fits between the ends is too coarse to tell the rest.
  for (let aim = 4; found.values.length < 2; aim++) found = ticks(low, low + span, aim);
  const step = found.values[1]! - found.values[0]!;
  const from = Math.floor(low / step + 1e-9) * step;
  const to = Math.max(from + step, Math.ceil(high / step - 1e-9) * step);
  const values: number[] = [];
  for (let i = 0; from + i * step <= to + 1e-9; i++) {
    values.push(Number((from + i * step).toFixed(found.decimals)));
  }
  const x = (value: number) => edge + ((width - 2 * edge) * (value - from)) / (to - from);
  return { x, ticks: { values, decimals: found.decimals } };
}
