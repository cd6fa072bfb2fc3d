import assert from "node:assert/strict";
import { test } from "node:test";
import { runsOf } from "./runs.ts";

test("neighbours are one run, however they come", () => {
  assert.deepEqual(runsOf([3, 1, 2, 7, 2], 10), [
    [1, 4],
    [7, 8],
  ]);
});

test("a run holds no more than it may", () => {
  assert.deepEqual(runsOf([0, 1, 2, 3, 4], 2), [
    [0, 2],
    [2, 4],
    [4, 5],
  ]);
});

test("a small gap is asked for as well", () => {
  assert.deepEqual(runsOf([0, 2, 6], 10, 1), [
    [0, 3],
    [6, 7],
  ]);
});
