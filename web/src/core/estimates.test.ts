import assert from "node:assert/strict";
import { test } from "node:test";
import type { EstimateChart } from "../wire.ts";
import { bandPath, estimateLayout, spokenChart, staggered } from "./estimates.ts";

const measure = (text: string) => 7 * text.length;
const curve = { style: "solid" as const, low: [], high: [] };
const chart: EstimateChart = {
  title: "Accuracy",
  unit: "%",
  x_label: "samples",
  is_log: true,
  is_order: false,
  low: null,
  high: null,
  curves: [
    {
      ...curve,
      label: "end",
      x: [50, 100, 200],
      y: [60, 70, 75],
      low: [50, 65, 71],
      high: [70, 75, 79],
    },
  ],
  marks: [{ curve: 0, x: 400, y: 78, low: 70, high: 86, label: "forecast" }],
  names: [],
  chosen: null,
  references: [],
};

test("doublings are equally far apart on an axis of powers, and the forecast ends it", () => {
  const { x, right } = estimateLayout(chart, 500, 160, measure);
  const steps = [x(100) - x(50), x(200) - x(100), x(400) - x(200)];
  for (const step of steps) assert.ok(Math.abs(step - steps[0]!) < 1e-9);
  assert.equal(x(400), right);
});

test("intervals and forecasts have room on the axis", () => {
  const { y, top, bottom } = estimateLayout(chart, 500, 160, measure);
  assert.ok(y(86) >= top && y(50) <= bottom);
});

test("a curve with a forecast is named at its height", () => {
  const { labels, y } = estimateLayout(chart, 500, 160, measure);
  assert.equal(labels[0]!.y, y(78));
});

test("an axis with one point is drawn all the same", () => {
  const lone = { ...chart, marks: [], curves: [{ ...curve, label: "", x: [100], y: [0.5] }] };
  const { x, left, right } = estimateLayout(lone, 300, 160, measure);
  assert.equal(x(100), (left + right) / 2);
  assert.ok(estimateLayout({ ...lone, curves: [] }, 300, 160, measure).yWords.length > 1);
});

test("a band breaks where an interval is missing", () => {
  const same = (value: number) => value;
  assert.equal(
    bandPath([0, 1, 2, 3, 4], [0, 0, null, 1, 1], [2, 2, 2, 3, 3], same, same),
    "M0.0 2.0L1.0 2.0L1.0 0.0L0.0 0.0ZM3.0 3.0L4.0 3.0L4.0 1.0L3.0 1.0Z",
  );
});

test("words that would meet go to another line, and the least is left out", () => {
  const word = (at: number, text: string, weight = 0) => ({ at, text, weight });
  const words = [word(50, "aaaa"), word(60, "bbbb"), word(70, "cccc", 1), word(200, "dddd")];
  const placed = staggered(words, 0, 300, 2, measure);
  assert.deepEqual(
    placed.map(({ text, row }) => [text, row]),
    [
      ["cccc", 0],
      ["aaaa", 1],
      ["dddd", 0],
    ],
  );
});

test("places that are an order have names and no numbers", () => {
  const named = {
    ...chart,
    is_log: false,
    names: [
      [50, "conv1"],
      [100, "conv2"],
    ] as [number, string][],
  };
  assert.ok(estimateLayout(named, 500, 160, measure).numbers.length > 0);
  const { numbers, xNames } = estimateLayout({ ...named, is_order: true }, 500, 160, measure);
  assert.equal(numbers.length, 0);
  assert.deepEqual(
    xNames.map(({ text }) => text),
    ["conv1", "conv2"],
  );
});

test("marks without a name hoist no flag, and are told together", () => {
  const mark = { curve: -1, low: 0, high: 0, label: "" };
  const many = {
    ...chart,
    marks: [...chart.marks, { ...mark, x: 60, y: 40 }, { ...mark, x: 70, y: 55.25 }],
  };
  const { events, top } = estimateLayout(many, 500, 160, measure);
  assert.deepEqual(
    events.map(({ text }) => text),
    ["forecast"],
  );
  assert.equal(top, estimateLayout(chart, 500, 160, measure).top);
  assert.equal(
    spokenChart(many),
    "Accuracy, %, by samples: end ends at 75.0, forecast 78.0, 2 open dots from 40.0 to 55.3",
  );
});
