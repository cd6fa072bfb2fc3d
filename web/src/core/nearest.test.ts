import assert from "node:assert/strict";
import { test } from "node:test";
import { aroundPoint, nearestPoint, nextPoint } from "./nearest.ts";

const placed = Float32Array.from([0, 0, 0.1, 0, 0.5, 0.1, -0.3, 0, 0, 0.4, NaN, NaN]);
const turn = Uint8Array.from([1, 2, 2, 2, 2, 2]);

test("the nearest point, if it is in reach and on the map", () => {
  assert.equal(nearestPoint(placed, turn, 0.09, 0.01, 0.05), 1);
  assert.equal(nearestPoint(placed, turn, 0.9, 0.9, 0.05), -1);
  assert.equal(nearestPoint(placed, Uint8Array.from([1, 0, 2, 2, 2, 2]), 0.09, 0.01, 0.2), 0);
});

test("a key goes to the nearest point that way, at least a step away", () => {
  assert.equal(nextPoint(placed, turn, 0, [1, 0], 0.05), 1);
  assert.equal(nextPoint(placed, turn, 0, [1, 0], 0.2), 2);
  assert.equal(nextPoint(placed, turn, 0, [-1, 0], 0.05), 3);
  assert.equal(nextPoint(placed, turn, 0, [0, 1], 0.05), 4);
});

test("no point so far away: the nearest at all; none that way: -1", () => {
  assert.equal(nextPoint(placed, turn, 0, [1, 0], 5), 1);
  assert.equal(nextPoint(placed, turn, 0, [0, -1], 0.05), -1);
});

test("the points around, nearest first, without itself and without those of no place", () => {
  assert.deepEqual(aroundPoint(placed, 0, 3), [1, 3, 4]);
  assert.deepEqual(aroundPoint(placed, 0, 9), [1, 3, 4, 2]);
});
