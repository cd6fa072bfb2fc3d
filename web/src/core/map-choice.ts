// How points were chosen, as a rule: an address holds it, and it chooses the same points again.
import { encircled, lassoed } from "./lasso.ts";
import type { Chosen } from "./lasso.ts";

/** Places are on the plane of one placing, −1 … 1; those of a box have y upwards, as people read them. */
export type Rule =
  | { by: "lasso"; placing: number; line: readonly number[] }
  | {
      by: "box";
      placing: number;
      west: number;
      east: number;
      south: number;
      north: number;
    }
  | { by: "round"; placing: number; point: number; radius: number }
  | { by: "word"; channel: string; word: string }
  | { by: "points"; points: readonly number[] };

/** What rules are about. */
export interface Ground {
  count: number;
  places: readonly Float32Array[];
  /** Codes of a channel and what they say; null for a channel that is not there, or not of words. */
  codes: (channel: string) => { data: ArrayLike<number>; words: readonly string[] } | null;
}

/** So many corners are as good as all that a hand draws, and fit into an address. */
const corners = 40;
const mostNamed = 300;
const fine = 1000;
const rounded = (value: number) => Math.round(value * fine) / fine;

/** The rule of a line drawn on the plane: thinned and rounded, so that the address chooses exactly the same. */
export function lassoRule(placing: number, line: readonly number[]): Rule {
  const count = line.length / 2;
  const kept = Math.min(corners, count);
  const thin: number[] = [];
  for (let k = 0; k < kept; k++) {
    const at = 2 * Math.floor((k * count) / kept);
    thin.push(rounded(line[at]!), rounded(line[at + 1]!));
  }
  return { by: "lasso", placing, line: thin };
}

export const roundRule = (placing: number, point: number, radius: number): Rule => ({
  by: "round",
  placing,
  point,
  radius: rounded(radius),
});

/** The rule that names its points; null for so many that no address holds them. */
export function pointsRule(chosen: Chosen): Rule | null {
  const points: number[] = [];
  chosen.forEach((one, i) => one && points.push(i));
  return points.length > mostNamed ? null : { by: "points", points };
}

export function chosenBy(rule: Rule, { count, places, codes }: Ground): Chosen {
  const chosen = new Uint8Array(count);
  if (rule.by === "points") {
    for (const point of rule.points) if (point < count) chosen[point] = 1;
    return chosen;
  }
  if (rule.by === "word") {
    const found = codes(rule.channel);
    const code = found?.words.indexOf(rule.word) ?? -1;
    if (code >= 0) for (let i = 0; i < count; i++) if (found!.data[i] === code) chosen[i] = 1;
    return chosen;
  }
  const placed = places[rule.placing];
  if (!placed) return chosen;
  if (rule.by === "lasso") return lassoed(placed, { unit: 1, left: 0, top: 0 }, rule.line);
  if (rule.by === "round")
    return rule.point < count ? encircled(placed, rule.point, rule.radius) : chosen;
  for (let i = 0; i < count; i++) {
    const [x, y] = [placed[2 * i]!, -placed[2 * i + 1]!];
    if (x >= rule.west && x <= rule.east && y >= rule.south && y <= rule.north) chosen[i] = 1;
  }
  return chosen;
}

/** As an address holds it: `lasso.0.-120.35…` in thousandths of the plane, `word.label=7`. */
export function textOf(rule: Rule): string {
  const fines = (values: readonly number[]) => values.map((value) => Math.round(value * fine));
  switch (rule.by) {
    case "word":
      return `word.${rule.channel}=${rule.word}`;
    case "points":
      return ["points", ...rule.points].join(".");
    case "lasso":
      return ["lasso", rule.placing, ...fines(rule.line)].join(".");
    case "round":
      return ["round", rule.placing, rule.point, ...fines([rule.radius])].join(".");
    case "box":
      return ["box", rule.placing, ...fines([rule.west, rule.east, rule.south, rule.north])].join(
        ".",
      );
  }
}

/** The rule that a text says; null for any other text. */
export function ruleOf(text: string): Rule | null {
  const [, by, said] = /^(lasso|box|round|word|points)\.(.*)$/s.exec(text) ?? [];
  if (said === undefined) return null;
  if (by === "word") {
    const [, channel, word] = /^([^=]*)=(.*)$/s.exec(said) ?? [];
    return channel === undefined || word === undefined ? null : { by, channel, word };
  }
  const numbers = said.split(".").map(Number);
  if (!numbers.every(Number.isInteger)) return null;
  const isCount = (value: number | undefined): value is number => value !== undefined && value >= 0;
  if (by === "points") return numbers.every(isCount) ? { by, points: numbers } : null;
  const [placing, ...rest] = numbers;
  if (!isCount(placing)) return null;
  if (by === "round") {
    const [point, radius] = rest;
    if (!isCount(point) || !isCount(radius) || rest.length !== 2) return null;
    return { by, placing, point, radius: radius / fine };
  }
  const values = rest.map((value) => value / fine);
  if (by === "lasso")
    return values.length >= 6 && values.length % 2 === 0 ? { by, placing, line: values } : null;
  const [west, east, south, north] = values;
  if (values.length !== 4) return null;
  return { by: "box", placing, west: west!, east: east!, south: south!, north: north! };
}
