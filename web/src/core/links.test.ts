import assert from "node:assert/strict";
import { test } from "node:test";
import { linksTo } from "./links.ts";

const target = { x: 10, y: 100 };

test("width follows the magnitude, the strongest lies on top", () => {
  const found = linksTo(target, [
    { x: 0, y: 0, number: -2 },
    { x: 40, y: 0, number: 1 },
  ]);
  assert.deepEqual(
    found.map(({ width, rises, opacity }) => ({ width, rises, opacity })),
    [
      { width: 2, rises: true, opacity: 0.575 },
      { width: 4, rises: false, opacity: 0.9 },
    ],
  );
});

test("a line runs from the tile to the neuron", () => {
  const [link] = linksTo(target, [{ x: 3, y: 20, number: 1 }]);
  assert.equal(link?.path, "M3 20C3 64 10 56 10 100");
});

test("a line of no strength is still there", () => {
  const found = linksTo(target, [{ x: 3, y: 20, number: 0 }]);
  assert.deepEqual(found[0]?.width, 0.5);
});
