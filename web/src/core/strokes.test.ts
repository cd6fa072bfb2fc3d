import assert from "node:assert/strict";
import { test } from "node:test";
import { base64, blank, isBlank, sheetSides, stroked } from "./strokes.ts";

test("a dot covers its pixel wholly and its neighbours in part", () => {
  const sheet = stroked(blank(5, 5), { x: 2.5, y: 2.5 }, { x: 2.5, y: 2.5 }, 1);

  // At distance 0 and 1 wholly or by half: 1 + 0.5 − 1 = 0.5; corners 1.5 − √2 = 0.086.
  assert.deepEqual(
    [...sheet.pixels],
    [
      [0, 0, 0, 0, 0],
      [0, 22, 128, 22, 0],
      [0, 128, 255, 128, 0],
      [0, 22, 128, 22, 0],
      [0, 0, 0, 0, 0],
    ].flat(),
  );
});

test("a line has no gaps, and its ends are round", () => {
  const sheet = stroked(blank(9, 3), { x: 1.5, y: 1.5 }, { x: 7.5, y: 1.5 }, 0.5);

  assert.deepEqual([...sheet.pixels.subarray(9, 18)], [0, 255, 255, 255, 255, 255, 255, 255, 0]);
});

test("a stroke beyond the edge stays on the sheet, and the older sheet is left as it was", () => {
  const before = blank(4, 4);
  const after = stroked(before, { x: -3, y: 2 }, { x: 9, y: 2 }, 1);

  assert.ok(isBlank(before));
  assert.deepEqual([...after.pixels.subarray(4, 12)], Array(8).fill(255));
});

test("a second stroke never darkens the first", () => {
  const first = stroked(blank(5, 1), { x: 2.5, y: 0.5 }, { x: 2.5, y: 0.5 }, 1);
  const second = stroked(first, { x: 3.5, y: 0.5 }, { x: 3.5, y: 0.5 }, 1);

  assert.deepEqual([...second.pixels], [0, 128, 255, 255, 128]);
});

test("large inputs are drawn on a sheet of a whole fraction of their sides", () => {
  assert.deepEqual(sheetSides(28, 28), [28, 28]);
  assert.deepEqual(sheetSides(224, 224), [56, 56]);
  assert.deepEqual(sheetSides(100, 300), [20, 60]);
});

test("base64 is that of any other encoder", () => {
  const bytes = Uint8Array.from({ length: 20_000 }, (_, i) => (i * 7) % 256);

  assert.equal(base64(bytes), Buffer.from(bytes).toString("base64"));
});
