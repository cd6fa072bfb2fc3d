import assert from "node:assert/strict";
import { test } from "node:test";
import { asBands, middleOf, stripLayout, tileAt } from "./strip-layout.ts";

test("twelve tiles where there is room, fewer where not, larger ones on a wide screen", () => {
  assert.equal(stripLayout(510).count, 12);
  assert.equal(stripLayout(900).count, 12);
  assert.equal(stripLayout(320).count, 7);
  assert.equal(stripLayout(10).count, 1);
  assert.deepEqual([stripLayout(2000).count, stripLayout(2000).tile], [24, 56]);
});

test("a tile is found where its middle is", () => {
  const layout = stripLayout(510);

  assert.equal(middleOf(layout, 3), 143.5);
  assert.equal(tileAt(layout, 147, 12), 3);
  assert.equal(tileAt(layout, 147, 3), null);
  assert.equal(tileAt(layout, -1, 3), null);
});

test("a curve becomes a band, a map stays a map", () => {
  const curves = { shape: [2, 1, 3], data: Int8Array.of(1, 2, 3, 4, 5, 6), scale: 0.5 };

  const bands = asBands(curves, 2);

  assert.deepEqual(bands.shape, [2, 2, 3]);
  assert.deepEqual([...bands.data], [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
  assert.equal(asBands({ ...curves, shape: [1, 2, 3] }, 2).data, curves.data);
});
