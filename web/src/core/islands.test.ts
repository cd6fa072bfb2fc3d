import assert from "node:assert/strict";
import { test } from "node:test";
import { fitted, islandNames, thinned } from "./islands.ts";

test("points fill the box without being stretched", () => {
  const placed = fitted([-1, -1, 1, 1], { width: 120, height: 100, pad: 10 });
  assert.deepEqual([...placed], [20, 10, 100, 90]);
});

test("a single point stands in the middle", () => {
  assert.deepEqual([...fitted([0.3, 0.4], { width: 100, height: 60, pad: 5 })], [50, 30]);
});

test("one picture per cell", () => {
  assert.deepEqual(thinned([0, 0, 1, 1, 30, 30], 10), [0, 2]);
});

test("a name stands above its island, and two do not meet", () => {
  const placed = [50, 80, 60, 90, 55, 78, 52, 85];
  const names = islandNames(placed, [0, 0, 1, 1], 3, {
    width: 20,
    height: 20,
    rise: 10,
    radius: 40,
  });
  assert.equal(names.length, 2);
  const [first, second] = names as [(typeof names)[0], (typeof names)[0]];
  assert.ok(Math.abs(first.y - second.y) >= 20);
});

test("the name stands at the island, not between it and strays", () => {
  const placed = [100, 100, 102, 101, 98, 99, 101, 103, 300, 20, 500, 400];
  const [name] = islandNames(placed, [0, 0, 0, 0, 0, 0], 1, {
    width: 20,
    height: 20,
    rise: 10,
    radius: 30,
  });
  assert.equal(name?.x, 100.25);
  assert.equal(name?.y, 89);
});
