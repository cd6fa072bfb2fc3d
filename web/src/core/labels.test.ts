import assert from "node:assert/strict";
import { test } from "node:test";
import { flags, kept, spread } from "./labels.ts";

test("labels keep their order and their distance", () => {
  assert.deepEqual(spread([50, 52, 90], 14, 0, 100), [50, 64, 90]);
  assert.deepEqual(spread([52, 50], 14, 0, 100), [64, 50]);
});

test("labels at the lower end are pushed back inside", () => {
  assert.deepEqual(spread([98, 99], 14, 0, 100), [86, 100]);
});

test("a flag that would meet a pole further right is hoisted above it", () => {
  const poles = [
    { at: 10, width: 50 },
    { at: 40, width: 20 },
    { at: 90, width: 20 },
  ];
  assert.deepEqual(
    flags(poles, 0, 200).map((flag) => flag.row),
    [1, 0, 0],
  );
});

test("a flag at the end of the axis flies to the left", () => {
  assert.deepEqual(flags([{ at: 95, width: 30 }], 0, 100), [{ at: 95, left: 61, row: 0 }]);
});

test("a centred word stays inside", () => {
  assert.equal(kept(5, 20, 0, 100), 0);
  assert.equal(kept(50, 20, 0, 100), 40);
  assert.equal(kept(99, 20, 0, 100), 80);
});
