import assert from "node:assert/strict";
import { test } from "node:test";
import { rulerPlace } from "./ruler.ts";

test("a norm stands between its powers of ten", () => {
  assert.equal(rulerPlace(1, -2, 2), 50);
  assert.equal(rulerPlace(0.01, -2, 2), 0);
  assert.equal(rulerPlace(100, -2, 2), 100);
  assert.equal(Math.round(rulerPlace(20, 0, 2)! * 100) / 100, 65.05);
});

test("zero has no place", () => {
  assert.equal(rulerPlace(0, -2, 2), null);
});
