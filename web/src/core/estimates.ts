// The layout of estimates with their intervals, in CSS pixels.
import type { EstimateChart } from "../wire.ts";
import { lastMeasured } from "./curve.ts";
import { flags, spread } from "./labels.ts";
import { lineHeight, type Measure } from "./line-chart.ts";
import { measured, plain } from "./numbers.ts";
import { domain, ticks, tickText } from "./ticks.ts";

const isNumber = (y: number | null | undefined): y is number =>
  typeof y === "number" && Number.isFinite(y);

export interface Word {
  at: number;
  left: number;
  row: number;
  text: string;
}

/** Words under their places, in up to `rows` lines; first come those of most weight, and who finds no room is left out. */
export function staggered(
  words: readonly { at: number; text: string; weight: number }[],
  low: number,
  high: number,
  rows: number,
  measure: Measure,
  gap = 8,
): Word[] {
  const placed: (Word & { right: number })[] = [];
  for (const { at, text } of words.toSorted((a, b) => b.weight - a.weight || a.at - b.at)) {
    const width = measure(text);
    const left = Math.max(low, Math.min(high - width, at - width / 2));
    const right = left + width;
    const row = [...Array(rows).keys()].find((row) =>
      placed.every((one) => one.row !== row || left >= one.right + gap || right + gap <= one.left),
    );
    if (row !== undefined) placed.push({ at, left, right, row, text });
  }
  return placed.map(({ at, left, row, text }) => ({ at, left, row, text }));
}

/** The area between two lines, one closed piece for each run without gaps. */
export function bandPath(
  xs: readonly number[],
  lows: readonly (number | null)[],
  highs: readonly (number | null)[],
  toX: (x: number) => number,
  toY: (y: number) => number,
): string {
  const pieces: number[][] = [[]];
  xs.forEach((_, i) => {
    if (isNumber(lows[i]) && isNumber(highs[i])) pieces.at(-1)!.push(i);
    else pieces.push([]);
  });
  const point = (i: number, y: number) => `${toX(xs[i]!).toFixed(1)} ${toY(y).toFixed(1)}`;
  return pieces
    .filter((piece) => piece.length > 1)
    .map((piece) => {
      const there = piece.map((i) => point(i, highs[i]!));
      const back = piece.toReversed().map((i) => point(i, lows[i]!));
      return `M${[...there, ...back].join("L")}Z`;
    })
    .join("");
}

/** What a chart says to those who do not see it: where curves end, marks by name, and how many have none. */
export function spokenChart(chart: EstimateChart): string {
  const unnamed = chart.marks.filter((mark) => !mark.label).map((mark) => mark.y);
  const words = [
    ...chart.curves.map((curve) => {
      const end = curve.y[lastMeasured(curve.y)];
      return `${curve.label || "the curve"} ends at ${typeof end === "number" ? measured(end) : "nothing"}`;
    }),
    ...chart.marks.filter((mark) => mark.label).map((mark) => `${mark.label} ${measured(mark.y)}`),
    ...(unnamed.length > 0
      ? [
          `${unnamed.length} open dots from ${measured(Math.min(...unnamed))} to ${measured(Math.max(...unnamed))}`,
        ]
      : []),
    ...(chart.chosen ? [chart.chosen[1]] : []),
  ];
  const by = chart.x_label && `, by ${chart.x_label}`;
  return `${chart.title}, ${chart.unit}${by}: ${words.join(", ")}`;
}

function valuesOf(chart: EstimateChart): number[] {
  const curves = chart.curves.flatMap((curve) => [...curve.y, ...curve.low, ...curve.high]);
  const marks = chart.marks.flatMap((mark) => [mark.y, mark.low, mark.high]);
  return [...curves, ...marks, ...chart.references.map(([value]) => value)].filter(isNumber);
}

function xWordsOf(
  chart: EstimateChart,
  xs: readonly number[],
  x: (value: number) => number,
  width: number,
  measure: Measure,
): { numbers: Word[]; names: Word[] } {
  const ends = [Math.min(...xs), Math.max(...xs)];
  const weight = (value: number) =>
    value === chart.chosen?.[0] ? 3 : value === ends[1] ? 2 : value === ends[0] ? 1 : 0;
  const placed = (words: readonly { value: number; text: string }[], rows: number) =>
    staggered(
      words.map(({ value, text }) => ({ at: x(value), text, weight: weight(value) })),
      0,
      width,
      rows,
      measure,
    );
  const numbers = chart.is_order
    ? []
    : chart.is_log
      ? [...new Set(xs)].map((value) => ({ value, text: plain(value) }))
      : rounded(ends[0]!, ends[1]!);
  const names = chart.names.map(([value, text]) => ({ value, text }));
  return { numbers: placed(numbers, 1), names: placed(names, 3) };
}

function rounded(low: number, high: number) {
  const found = ticks(low, high);
  return found.values.map((value) => ({ value, text: tickText(value, found) }));
}

export function estimateLayout(
  chart: EstimateChart,
  width: number,
  plotHeight: number,
  measure: Measure,
) {
  const values = valuesOf(chart);
  const yRange = domain(values.length > 0 ? values : [0, 1], chart.low, chart.high);
  const yTicks = ticks(yRange.low, yRange.high);
  const yWords = yTicks.values.map((value) => ({ value, text: tickText(value, yTicks) }));
  const xs = [...chart.curves.flatMap((curve) => curve.x), ...chart.marks.map((mark) => mark.x)];
  if (xs.length === 0) xs.push(1);
  const scaled = (value: number) => (chart.is_log ? Math.log(value) : value);
  const first = scaled(Math.min(...xs));
  const span = scaled(Math.max(...xs)) - first;
  const labelled = chart.curves
    .map((curve, i) => ({ curve, i }))
    .filter(({ curve }) => curve.label);
  const names = Math.max(0, ...labelled.map(({ curve }) => measure(curve.label)));
  const left = Math.max(...yWords.map((word) => measure(word.text))) + 10;
  const right = width - (names > 0 ? Math.min(width / 2.5, names + 12) : 10);
  const x = (value: number) =>
    span > 0 ? left + ((right - left) * (scaled(value) - first)) / span : (left + right) / 2;

  const poles = [
    ...(chart.chosen ? [{ at: x(chart.chosen[0]), text: chart.chosen[1], chosen: true }] : []),
    ...chart.marks
      // A mark without a name has no flag to hoist.
      .filter((mark, i) => mark.label && chart.marks.findIndex((other) => other.x === mark.x) === i)
      .map((mark) => ({ at: x(mark.x), text: mark.label, chosen: false })),
  ];
  const hoisted = flags(
    poles.map(({ at, text }) => ({ at, width: measure(text) })),
    0,
    width,
  );
  const rows = hoisted.reduce((most, flag) => Math.max(most, flag.row + 1), 0);
  const top = 10 + lineHeight * rows;
  const bottom = top + plotHeight;
  const y = (value: number) =>
    bottom - (plotHeight * (value - yRange.low)) / (yRange.high - yRange.low || 1);
  const events = poles.map((pole, i) => ({
    ...pole,
    left: hoisted[i]!.left,
    y: lineHeight * (rows - hoisted[i]!.row),
  }));

  const ends = labelled.map(({ curve, i }) => {
    const mark = chart.marks.find((mark) => mark.curve === i);
    const end = mark?.y ?? curve.y[lastMeasured(curve.y)] ?? yRange.low;
    return Math.min(bottom, Math.max(top, y(end)));
  });
  const heights = spread(ends, lineHeight - 1, top, bottom);
  const labels = labelled.map(({ curve }, k) => ({ curve, y: heights[k]! }));
  const { numbers, names: xNames } = xWordsOf(chart, xs, x, width, measure);
  const lines = 1 + Math.max(0, ...xNames.map((word) => word.row + 1));
  return { left, right, top, bottom, x, y, yWords, numbers, xNames, lines, labels, events };
}
