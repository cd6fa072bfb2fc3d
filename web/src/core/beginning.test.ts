import assert from "node:assert/strict";
import { test } from "node:test";
import { chartOf, farWords } from "./beginning.ts";
import type { Beginning } from "../studio/wire.ts";

const beginning = (more: Partial<Beginning>): Beginning => ({
  state: "opening",
  task: "",
  done: 0,
  total: null,
  unit: "",
  left_s: null,
  moments: [],
  log: [],
  failure: "",
  ...more,
});

test("how far it is, as much as is known", () => {
  assert.equal(farWords(beginning({})), "The library is being read.");
  const training = { task: "train", done: 12, total: 96, unit: "step" };
  assert.equal(farWords(beginning(training)), "train: 12 of 96 steps");
  assert.match(farWords(beginning({ ...training, left_s: 30 })), /steps, about 30.s more$/);
});

test("the loss is drawn once there are two points, and among figures the loss", () => {
  const moments = [2.3, 1.1, 0.4].map((loss, i) => ({ done: i + 1, figures: { rate: 0.1, loss } }));
  const chart = chartOf(beginning({ unit: "step", moments }));

  assert.equal(chartOf(beginning({ moments: moments.slice(0, 1) })), null);
  assert.deepEqual(chart?.curves[0]?.x, [1, 2, 3]);
  assert.deepEqual(chart?.curves[0]?.y, [2.3, 1.1, 0.4]);
});
