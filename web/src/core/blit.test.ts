import assert from "node:assert/strict";
import { test } from "node:test";
import { blit, picture, pictureSize } from "./blit.ts";

const tensor = { shape: [2, 1, 2], data: Uint8Array.of(1, 2, 3, 4), scale: 1 };

test("a picture is enlarged by whole pixels at its place", () => {
  const target = { pixels: new Uint32Array(6 * 3), width: 6 };
  blit(target, tensor, (data, at) => data[at] ?? 0, { x: 1, y: 1, index: 1 }, 2);
  assert.deepEqual([...target.pixels], [0, 0, 0, 0, 0, 0, 0, 3, 3, 4, 4, 0, 0, 3, 3, 4, 4, 0]);
});

test("a missing picture is named", () => {
  assert.throws(() => picture(tensor, 2), /no picture 2 in an array of 2/);
});

test("colour counts its channels, a list of numbers is pictures of one pixel", () => {
  const size = (shape: number[]) => pictureSize({ shape, data: new Uint8Array(0), scale: 1 });
  assert.equal(size([1, 4, 5, 3]).values, 60);
  assert.deepEqual(size([64]), { height: 1, width: 1, values: 1 });
});
