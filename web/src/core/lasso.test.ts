import assert from "node:assert/strict";
import { test } from "node:test";
import { countOf, encircled, flipped, lassoed, rowsOf } from "./lasso.ts";

const at = { unit: 100, left: 100, top: 100 };

test("a line round a corner holds what it encloses and not what lies in its dent", () => {
  // A C: open to the right between y 80 and 120.
  const line = [20, 20, 180, 20, 180, 80, 80, 80, 80, 120, 180, 120, 180, 180, 20, 180];
  const placed = Float32Array.from([0.5, 0, -0.5, 0, 0.5, -0.5, 0.5, 0.5, 0.95, 0, NaN, NaN]);
  assert.deepEqual([...lassoed(placed, at, line)], [0, 1, 1, 1, 0, 0]);
});

test("a circle drawn by hand holds what a circle holds", () => {
  const line = Array.from({ length: 720 }, (_, k) =>
    k % 2
      ? 100 + 60 * Math.sin((Math.PI * (k - 1)) / 360)
      : 100 + 60 * Math.cos((Math.PI * k) / 360),
  );
  const side = 41;
  const placed = Float32Array.from({ length: 2 * side * side }, (_, k) => {
    const point = Math.floor(k / 2);
    return (k % 2 ? Math.floor(point / side) : point % side) / 20 - 1;
  });
  const chosen = lassoed(placed, at, line);
  for (let i = 0; i < chosen.length; i++) {
    const distance = 100 * Math.hypot(placed[2 * i]!, placed[2 * i + 1]!);
    if (Math.abs(distance - 60) > 0.1) assert.equal(chosen[i], distance < 60 ? 1 : 0);
  }
});

test("a line of two points encloses nothing", () => {
  assert.equal(countOf(lassoed(Float32Array.from([0, 0]), at, [0, 0, 200, 200])), 0);
});

test("a circle round a point holds the point and those in reach", () => {
  const placed = Float32Array.from([0, 0, 0, 0.25, 0, 0.3, NaN, NaN]);
  assert.deepEqual([...encircled(placed, 0, 0.25)], [1, 1, 0, 0]);
});

test("one point in, the same out again; the choice before stays as it was", () => {
  const first = flipped(null, 2, 4);
  const second = flipped(first, 2, 4);
  assert.deepEqual(rowsOf(first), [2]);
  assert.deepEqual(rowsOf(second), []);
});
