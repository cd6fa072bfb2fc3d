import assert from "node:assert/strict";
import { test } from "node:test";
import { around, boxOn, seenOf } from "./veil.ts";

const tile = { width: 14, height: 14 };
type Numbers = [number, number];
const spans = (...pairs: Numbers[]) => pairs;

test("a box stands at its places", () => {
  assert.deepEqual(boxOn(spans([6, 9], [4, 7]), [14, 14], tile), {
    x: 4,
    y: 6,
    width: 3,
    height: 3,
  });
});

test("a picture of half the size holds half the box", () => {
  const found = boxOn(spans([6, 10], [4, 8]), [28, 28], tile);
  assert.deepEqual(found, { x: 2, y: 3, width: 2, height: 2 });
});

test("a signal's box is as high as its picture, a volume's has its last two axes", () => {
  const curve = { width: 200, height: 50 };
  assert.deepEqual(boxOn(spans([10, 20]), [100], curve), { x: 20, y: 0, width: 20, height: 50 });
  const found = boxOn(spans([0, 1], [2, 4], [5, 8]), [3, 14, 14], tile);
  assert.deepEqual(found, { x: 5, y: 2, width: 3, height: 2 });
});

test("what has no places is seen whole", () => {
  assert.deepEqual(boxOn([], [], tile), { x: 0, y: 0, width: 14, height: 14 });
});

test("veil and box cover every pixel once", () => {
  const box = { x: 4, y: 6, width: 3, height: 2 };
  const counts = new Array(14 * 14).fill(0);
  for (const { x, y, width, height } of [box, ...around(box, tile)])
    for (let row = y; row < y + height; row++)
      for (let column = x; column < x + width; column++) counts[14 * row + column]++;
  assert.deepEqual(new Set(counts), new Set([1]));
});

test("a box that is the whole picture leaves nothing to veil", () => {
  assert.deepEqual(around({ x: 0, y: 0, ...tile }, tile), []);
});

test("a box cut by the border counts what is left of it", () => {
  assert.equal(seenOf(spans([0, 9], [3, 19]), [28, 28]), "9×16 of 28×28");
});
