import assert from "node:assert/strict";
import { test } from "node:test";
import { curvePath, lastMeasured } from "./curve.ts";

const same = (x: number) => x;

test("a gap breaks the line and a lone point is kept", () => {
  assert.equal(curvePath([0, 1, 2, 3], [1, 2, null, 4], same, same), "M0.0 1.0L1.0 2.0M3.0 4.0h0");
});

test("the label stands at the last measured point", () => {
  assert.equal(lastMeasured([1, 2, null]), 1);
  assert.equal(lastMeasured([null]), -1);
});
