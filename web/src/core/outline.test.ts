import assert from "node:assert/strict";
import { test } from "node:test";
import { outline } from "./outline.ts";

test("a square in the middle has four sides", () => {
  const mask = [0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0];
  assert.deepEqual(outline(mask, 4, 4), [1, 1, 3, 1, 1, 3, 3, 3, 1, 1, 1, 3, 3, 1, 3, 3]);
});

test("nothing and everything have no border", () => {
  assert.deepEqual(outline([0, 0, 0, 0], 2, 2), []);
  assert.deepEqual(outline([1, 1, 1, 1], 2, 2), []);
});
