import assert from "node:assert/strict";
import { test } from "node:test";
import { waterfall } from "./waterfall.ts";

test("each number begins where the one before it ended", () => {
  const found = waterfall([2, -3, 0.5]);
  assert.deepEqual(found.steps, [
    { from: 0, to: 2 },
    { from: 2, to: -1 },
    { from: -1, to: -0.5 },
  ]);
  assert.deepEqual([found.low, found.high, found.total], [-1, 2, -0.5]);
});

test("the axis holds zero also when no total comes near it", () => {
  assert.deepEqual([waterfall([5, 1]).low, waterfall([-5, -1]).high], [0, 0]);
  assert.deepEqual(waterfall([]), { steps: [], low: 0, high: 0, total: 0 });
});
