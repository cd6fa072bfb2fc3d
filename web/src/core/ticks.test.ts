import assert from "node:assert/strict";
import { test } from "node:test";
import { domain, ticks, ticksWithEnds, tickText } from "./ticks.ts";

test("steps are round", () => {
  assert.deepEqual(ticks(0, 1.2).values, [0, 0.5, 1]);
  assert.deepEqual(ticks(70, 100).values, [70, 80, 90, 100]);
  assert.deepEqual(ticks(0, 100).values, [0, 25, 50, 75, 100]);
  assert.deepEqual(ticks(0, 0.001).decimals, 5);
  assert.deepEqual(ticks(0, 330).values, [0, 100, 200, 300]);
});

test("text has the step's decimals, zero has none", () => {
  const axis = ticks(0, 0.5);
  assert.deepEqual(
    axis.values.map((value) => tickText(value, axis)),
    ["0", "0.2", "0.4"],
  );
});

test("the ends of time are labelled and push near ticks away", () => {
  assert.deepEqual(ticksWithEnds(1, 14).values, [1, 5, 10, 14]);
  assert.deepEqual(ticksWithEnds(1, 11).values, [1, 5, 11]);
  assert.deepEqual(ticksWithEnds(3, 3).values, [3]);
});

test("an axis begins at zero unless the values are far above", () => {
  assert.deepEqual(domain([0.08, 1.1], null, null), { low: 0, high: 1.5 });
  assert.deepEqual(domain([92, 98], null, null).low > 80, true);
  assert.deepEqual(domain([92, 98], 70, 100), { low: 70, high: 100 });
});
