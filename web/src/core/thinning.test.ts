import assert from "node:assert/strict";
import { test } from "node:test";
import { thinned } from "./thinning.ts";

const at = { unit: 300, left: 300, top: 300 };
const size = { width: 600, height: 600 };

/** Numbers between 0 and 1 that are the same in every run. */
function* numbers() {
  for (let state = 1; ;) yield (state = (state * 48271) % 2147483647) / 2147483647;
}

test("no two pictures meet, and none that would fit is left out", () => {
  const next = numbers();
  const placed = Float32Array.from({ length: 6000 }, () => 2 * next.next().value! - 1);
  const rows = Array.from({ length: 3000 }, (_, i) => i);
  const chosen = thinned(rows, placed, at, size, 20, 10_000);
  const apart = (i: number, j: number) =>
    300 *
    Math.max(
      Math.abs(placed[2 * i]! - placed[2 * j]!),
      Math.abs(placed[2 * i + 1]! - placed[2 * j + 1]!),
    );
  for (const i of chosen) for (const j of chosen) if (i !== j) assert.ok(apart(i, j) >= 20);
  const left = rows.filter((i) => !chosen.includes(i));
  assert.ok(left.length > 1000);
  for (const i of left) assert.ok(chosen.some((j) => apart(i, j) < 20));
});

test("the first candidates come first, and there are at most so many", () => {
  const placed = Float32Array.from([0, 0, 0.01, 0, 0.5, 0.5, -0.5, 0.5]);
  assert.deepEqual(thinned([1, 0, 2, 3], placed, at, size, 20, 2), [1, 2]);
});

test("what is outside the screen or nowhere is not drawn", () => {
  const placed = Float32Array.from([5, 5, NaN, NaN, 0, 0]);
  assert.deepEqual(thinned([0, 1, 2], placed, at, size, 20), [2]);
});
