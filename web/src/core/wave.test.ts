import assert from "node:assert/strict";
import { test } from "node:test";
import { rulerFor, runsBack, stepMs } from "./wave.ts";

test("a row takes 240 ms, a long network no more than thirty rows", () => {
  assert.deepEqual([8, 30, 300].map(stepMs), [240, 240, 24]);
});

test("the ruler holds every norm between powers of ten", () => {
  assert.deepEqual(rulerFor([0.02, 3, 40]), { low: -2, high: 2 });
  assert.deepEqual(rulerFor([2, 0]), { low: 0, high: 1 });
  assert.deepEqual(rulerFor([1]), { low: 0, high: 1 });
  assert.deepEqual(rulerFor([0]), { low: 0, high: 1 });
});

test("the last rows are asked for first", () => {
  assert.deepEqual(runsBack(45, 20), [
    [25, 45],
    [5, 25],
    [0, 5],
  ]);
});
