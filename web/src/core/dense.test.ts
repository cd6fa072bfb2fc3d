import assert from "node:assert/strict";
import { test } from "node:test";
import { above, cropOf, fieldOf, topAt } from "./dense.ts";

const places = {
  size_px: [40, 60],
  stride_px: [4, 4],
  centre_px: [3, 3],
  field_px: [11, 11],
  crop_px: [16, 16],
} as const;

test("a field is cut at the border", () => {
  // 11 pixels about pixel 3: from -2 to 8
  assert.deepEqual(fieldOf(places, 0, 0), { x: 0, y: 0, width: 9, height: 9 });
  assert.deepEqual(fieldOf(places, 2, 5), { x: 18, y: 6, width: 11, height: 11 });
  assert.equal(fieldOf({ ...places, field_px: null }, 0, 0), null);
});

test("a crop begins at its position's pixel", () => {
  assert.deepEqual(cropOf(places, 1, 11), { x: 44, y: 4, width: 16, height: 16 });
});

test("what is at the threshold is above it, and the border is outside", () => {
  assert.deepEqual(
    [...above([0.2, 0.5, 0.9, 0.1], 2, 2, 0.5)],
    [0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0],
  );
});

test("the largest outputs at a position", () => {
  // two positions, three maps
  assert.deepEqual(topAt([0.1, 0.9, 0.7, 0.2, 0.2, 0.9], 3, 2, 0, 2), [1, 2]);
  assert.deepEqual(topAt([0.1, 0.9, 0.7, 0.2, 0.2, 0.9], 3, 2, 1, 3), [0, 2, 1]);
});
