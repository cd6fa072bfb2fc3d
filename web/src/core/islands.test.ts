import assert from "node:assert/strict";
import { test } from "node:test";
import { islandsOf, namesOn } from "./islands.ts";

const at = { unit: 100, left: 100, top: 100 };
const size = { width: 200, height: 200 };
const word = { height: 20, width: () => 40, rise: 5 };

test("the island is where most points lie, whatever lies elsewhere", () => {
  const placed = Float32Array.from([0, 0, 0.02, 0.01, -0.02, -0.01, 0.9, -0.9, -0.9, 0.9]);
  const [island] = islandsOf(placed, [0, 0, 0, 0, 0], 1);
  assert.ok(Math.abs(island!.x) < 1e-6);
  assert.ok(Math.abs(island!.top + 0.01) < 1e-6);
  assert.equal(island!.count, 5);
});

test("values without points, points without a value and points without a place make no island", () => {
  const placed = Float32Array.from([0.5, 0.5, NaN, NaN, 0, 0]);
  const islands = islandsOf(placed, [2, 1, -1], 3);
  assert.deepEqual(
    islands.map(({ of }) => of),
    [2],
  );
});

test("a name stands above its island, in the middle of it", () => {
  const names = namesOn([{ of: 0, x: 0.2, top: 0.1, count: 9 }], at, size, word);
  assert.deepEqual(names, [{ of: 0, x: 120, y: 105 }]);
});

test("two names do not meet: the smaller island's is moved up", () => {
  const names = namesOn(
    [
      { of: 0, x: 0, top: 0.5, count: 9 },
      { of: 1, x: 0.1, top: 0.5, count: 5 },
    ],
    at,
    size,
    word,
  );
  assert.deepEqual(
    names.map(({ of, y }) => [of, y]),
    [
      [0, 145],
      [1, 125],
    ],
  );
});

test("a name that finds no room is left out, one outside the screen too", () => {
  const crowd = Array.from({ length: 12 }, (_, of) => ({ of, x: 0, top: -0.6, count: 20 - of }));
  const names = namesOn([...crowd, { of: 12, x: 3, top: 0, count: 1 }], at, size, word);
  assert.deepEqual(
    names.map(({ of }) => of),
    [0],
  );
});
