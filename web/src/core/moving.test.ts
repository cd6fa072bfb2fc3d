import assert from "node:assert/strict";
import { test } from "node:test";
import { movedTo, placeAt } from "./moving.ts";

test("arrows walk rows and columns and stop at the border", () => {
  assert.deepEqual(movedTo("ArrowDown", [7, 5], [14, 14]), [8, 5]);
  assert.deepEqual(movedTo("ArrowRight", [7, 13], [14, 14]), [7, 13]);
  assert.deepEqual(movedTo("ArrowLeft", [7, 0], [14, 14]), [7, 0]);
  assert.deepEqual(movedTo("PageDown", [1, 7, 5], [3, 14, 14]), [2, 7, 5]);
});

test("a signal has no rows, and other keys go nowhere", () => {
  assert.equal(movedTo("ArrowUp", [4], [100]), null);
  assert.deepEqual(movedTo("ArrowRight", [4], [100]), [5]);
  assert.equal(movedTo("PageUp", [7, 5], [14, 14]), null);
  assert.equal(movedTo("a", [7, 5], [14, 14]), null);
});

test("a point lies in the place it covers", () => {
  assert.deepEqual(placeAt({ x: 0.5, y: 0 }, [7, 5], [14, 14]), [0, 7]);
  assert.deepEqual(placeAt({ x: 1, y: -0.1 }, [7, 5], [14, 14]), [0, 13]);
  assert.deepEqual(placeAt({ x: 0.5, y: 0.99 }, [1, 7, 5], [3, 14, 14]), [1, 13, 7]);
});
