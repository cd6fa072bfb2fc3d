import assert from "node:assert/strict";
import { test } from "node:test";
import type { Chart } from "../wire.ts";
import { chartLayout, eventRows } from "./line-chart.ts";

const measure = (text: string) => 7 * text.length;
const curve = { x: [1, 2, 3], style: "solid" as const };
const chart: Chart = {
  title: "Loss",
  unit: "",
  x_label: "epoch",
  low: 0,
  high: 1,
  curves: [
    { ...curve, label: "seeds", y: [0.9, 0.5, 0.21] },
    { ...curve, label: "seeds", y: [0.8, 0.4, 0.2] },
    { ...curve, label: "shown", y: [1.5, null, 0.2] },
  ],
  events: [
    [1, "rate changed"],
    [2, "resumed"],
  ],
};

test("the ends of the axes are the ends of the plot", () => {
  const { x, y, left, right, top, bottom } = chartLayout(chart, 300, 2, measure);
  assert.equal(x(1), left);
  assert.equal(x(3), right);
  assert.equal(y(0), bottom);
  assert.equal(y(1), top);
});

test("a name shared by curves stands once, and labels keep apart", () => {
  const { labels } = chartLayout(chart, 300, 2, measure);
  assert.deepEqual(
    labels.map((label) => label.curve.label),
    ["seeds", "shown"],
  );
  assert.ok(Math.abs(labels[0]!.y - labels[1]!.y) >= 13);
});

test("what lies beyond the axis is counted", () => {
  assert.equal(chartLayout(chart, 300, 2, measure).beyond, 1);
});

test("events that would meet take a line each", () => {
  assert.equal(eventRows(chart, 200, measure), 2);
  assert.equal(eventRows(chart, 900, measure), 1);
  assert.equal(eventRows({ ...chart, events: [] }, 200, measure), 0);
});

test("a chart without numbers still has axes", () => {
  const empty = chartLayout({ ...chart, curves: [], events: [] }, 200, 0, measure);
  assert.ok(empty.yWords.length >= 2);
});
