import assert from "node:assert/strict";
import { test } from "node:test";
import { colouringOf, cssOf, firstShade, paled } from "./colouring.ts";
import { pixel } from "./oklab.ts";
import type { MapChannel } from "../wire.ts";

const hues = {
  classes: [
    [10, 0, 0],
    [0, 20, 0],
  ] as const,
  grey: [9, 9, 9] as const,
  sequential: Uint32Array.from({ length: 256 }, (_, i) => i),
};
const channel = (kind: MapChannel["kind"], words: string[], colours: number[]): MapChannel => ({
  name: "label",
  kind,
  array: "a",
  words,
  colours,
  unit: "",
});
const tensor = (data: number[]) => ({
  shape: [data.length],
  data: Float32Array.from(data),
  scale: 1,
});

test("a class has its colour, one without a colour is grey, and the unknown are told", () => {
  const found = colouringOf(
    channel("classes", ["a", "b", "c"], [1, -1, 0]),
    tensor([0, 1, 2, -1, 0]),
    hues,
  );
  assert.deepEqual([...found.code], [0, 1, 2, 3, 0]);
  assert.deepEqual(
    found.entries.map(({ word, count, colour }) => [word, count, colour]),
    [
      ["a", 2, [0, 20, 0]],
      ["b", 1, [9, 9, 9]],
      ["c", 1, [10, 0, 0]],
      ["not known", 1, [9, 9, 9]],
    ],
  );
  assert.equal(found.colours[0], pixel(0, 20, 0));
});

test("of flags the second word stands out", () => {
  const found = colouringOf(channel("flags", ["right", "wrong"], [-1, 1]), tensor([0, 1, 0]), hues);
  assert.deepEqual(
    found.entries.map(({ isRaised }) => isRaised),
    [false, true],
  );
});

test("values run from the first shade to the last; what lies beyond the scale is said", () => {
  const values = [...Array.from({ length: 199 }, (_, i) => i), 1e6, NaN];
  const found = colouringOf(channel("values", [], []), tensor(values), hues);
  assert.equal(found.low, 0);
  assert.equal(found.high, 197);
  assert.equal(found.beyond, 2 / 200);
  const shade = (i: number) => found.colours[found.code[i]!];
  assert.deepEqual([shade(0), shade(197), shade(199)], [firstShade, 255, 255]);
  assert.equal(shade(200), pixel(9, 9, 9));
});

test("a colour half seen through is half-way to the paper", () => {
  assert.deepEqual(paled([0, 100, 200], [100, 100, 100], 0.5), [50, 100, 150]);
  assert.equal(cssOf(pixel(1, 2, 3)), "rgb(1 2 3)");
});
