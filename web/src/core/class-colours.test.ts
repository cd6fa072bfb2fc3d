import assert from "node:assert/strict";
import { test } from "node:test";
import { classColours } from "./class-colours.ts";

test("up to twelve classes have the colour of their number", () => {
  assert.deepEqual(classColours([0, 1, 2], 3), [0, 1, 2]);
});

test("of more classes the largest are coloured, the rest are grey", () => {
  assert.deepEqual(classColours([3, 3, 1, 1, 0], 4, 2), [-1, 0, -1, 1]);
});
