import assert from "node:assert/strict";
import { test } from "node:test";
import { jointsOf, regimeAxis, regimeGrid } from "./regimes.ts";

const levels = (text: string) => [...text].map((letter) => ({ level: letter === "x" }));

test("the bracket reaches from the first to the last level row, past those that are not", () => {
  assert.deepEqual(jointsOf(levels(".x.xx.")), [
    "none",
    "first",
    "between",
    "member",
    "last",
    "none",
  ]);
});

test("one level row needs no bracket", () => {
  assert.deepEqual(jointsOf(levels("x..")), ["none", "none", "none"]);
  assert.deepEqual(jointsOf([]), []);
});

test("the form follows the width, and the axis always has room", () => {
  assert.deepEqual(
    [1080, 736, 320].map((width) => regimeGrid(width).form),
    ["wide", "two lines", "stacked"],
  );
  for (let width = 260; width < 1400; width += 20) assert.ok(regimeGrid(width).axis >= 160);
});

test("the axis holds all intervals between round ends", () => {
  const { x, ticks } = regimeAxis(82.3, 90.4, 216);
  assert.deepEqual([ticks.values[0], ticks.values.at(-1)], [80, 95]);
  assert.equal(x(80), 8);
  assert.equal(x(95), 208);
});

test("the axis has round numbers also where few of them lie between the ends", () => {
  const { x, ticks } = regimeAxis(62.4, 98.5, 216);
  assert.deepEqual(ticks, { values: [60, 70, 80, 90, 100], decimals: 0 });
  assert.equal(x(100), 208);
  assert.deepEqual(regimeAxis(0.412, 0.438, 216).ticks.values, [0.41, 0.42, 0.43, 0.44]);
});

test("a score without spread still has an axis", () => {
  const { x } = regimeAxis(1, 1, 216);
  assert.ok(Number.isFinite(x(1)));
});
