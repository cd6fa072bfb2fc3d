// The layout of a chart of lines, in CSS pixels: margins for the words, scales for the numbers.
import type { Chart, Curve } from "../wire.ts";
import { lastMeasured } from "./curve.ts";
import { flags, spread } from "./labels.ts";
import type { Flag } from "./labels.ts";
import { domain, ticks, ticksWithEnds, tickText } from "./ticks.ts";

export type Measure = (text: string) => number;

const plotHeight = 160;
export const lineHeight = 14;

const widest = (texts: readonly string[], measure: Measure) =>
  texts.reduce((most, text) => Math.max(most, measure(text)), 0);

const isNumber = (y: number | null): y is number => y !== null && Number.isFinite(y);

/** Curves of one name (seeds) share one label, at the last of them. */
const named = (curves: readonly Curve[]) =>
  curves.filter(
    (curve, i) =>
      curve.label !== "" && curves.findLastIndex((other) => other.label === curve.label) === i,
  );

function frameOf(chart: Chart, width: number, measure: Measure) {
  const ys = chart.curves.flatMap((curve) => curve.y).filter(isNumber);
  const xs = chart.curves.flatMap((curve) => curve.x);
  const yRange = domain(ys.length > 0 ? ys : [0, 1], chart.low, chart.high);
  const [first, last] = xs.length > 0 ? [Math.min(...xs), Math.max(...xs)] : [0, 1];
  const yTicks = ticks(yRange.low, yRange.high);
  const xTicks = ticksWithEnds(first, last);
  const labelled = named(chart.curves);
  const yWords = yTicks.values.map((value) => ({ value, text: tickText(value, yTicks) }));
  const words = widest(
    yWords.map((word) => word.text),
    measure,
  );
  const names = widest(
    labelled.map((curve) => curve.label),
    measure,
  );
  const left = words + 7;
  const right = width - (labelled.length > 0 ? Math.min(width / 2.5, names + 8) : 8);
  const x = (value: number) => left + ((right - left) * (value - first)) / (last - first || 1);
  const xWords = xTicks.values.map((value) => ({ value, text: tickText(value, xTicks) }));
  const beyond = ys.filter((y) => y > yRange.high || y < yRange.low).length;
  return { left, right, x, yRange, xWords, yWords, labelled, beyond };
}

function eventFlags(chart: Chart, x: (value: number) => number, width: number, measure: Measure) {
  const poles = chart.events.map(([at, text]) => ({ at: x(at), width: measure(text) }));
  return flags(poles, 0, width);
}

const rowsOf = (placed: readonly Flag[]) =>
  placed.reduce((most, flag) => Math.max(most, flag.row + 1), 0);

/** Lines of event names above the plot; charts side by side keep room for the most of them. */
export function eventRows(chart: Chart, width: number, measure: Measure): number {
  return rowsOf(eventFlags(chart, frameOf(chart, width, measure).x, width, measure));
}

export function chartLayout(chart: Chart, width: number, rows: number, measure: Measure) {
  const { yRange, labelled, ...frame } = frameOf(chart, width, measure);
  const top = 8 + lineHeight * rows;
  const bottom = top + plotHeight;
  const y = (value: number) =>
    bottom - (plotHeight * (value - yRange.low)) / (yRange.high - yRange.low || 1);
  const ends = labelled.map((curve) => {
    const end = y(curve.y[lastMeasured(curve.y)] ?? yRange.low);
    return Math.min(bottom, Math.max(top, end));
  });
  const heights = spread(ends, lineHeight - 1, top, bottom);
  const labels = labelled.map((curve, i) => ({ curve, y: heights[i]! }));
  const events = eventFlags(chart, frame.x, width, measure).map((flag, i) => ({
    ...flag,
    text: chart.events[i]![1],
    y: lineHeight * (rows - flag.row),
  }));
  return { ...frame, top, bottom, plotHeight, y, labels, events };
}
