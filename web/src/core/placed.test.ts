import assert from "node:assert/strict";
import { test } from "node:test";
import { between, placesOf, shuffled } from "./placed.ts";

test("places are read by their scale, and -32768 is no place", () => {
  const data = Int16Array.from([32767, -16384, -32768, -32768]);
  const places = placesOf({ shape: [2, 2], data, scale: 1 / 32767 });
  assert.deepEqual([...places].slice(0, 1), [1]);
  assert.ok(Math.abs(places[1]! + 0.5) < 1e-4);
  assert.ok(Number.isNaN(places[2]) && Number.isNaN(places[3]));
});

test("half-way is the middle; who had no place stands at the goal, who has none is nowhere", () => {
  const from = Float32Array.from([0, 0, NaN, NaN, 1, 1]);
  const to = Float32Array.from([1, -1, 0.5, 0.5, NaN, NaN]);
  assert.deepEqual([...between(from, to, 0.5)], [0.5, -0.5, 0.5, 0.5, NaN, NaN]);
  assert.equal(between(from, to, 1), to);
});

test("the shuffled order holds each number once, and is not the order of the file", () => {
  const order = [...shuffled(1000)];
  assert.deepEqual(
    order.toSorted((a, b) => a - b),
    Array.from({ length: 1000 }, (_, i) => i),
  );
  const stayed = order.filter((value, i) => value === i).length;
  assert.ok(stayed < 10, String(stayed));
  const early = order.slice(0, 500).reduce((sum, value) => sum + value, 0) / 500;
  assert.ok(Math.abs(early - 499.5) < 40, String(early));
});
