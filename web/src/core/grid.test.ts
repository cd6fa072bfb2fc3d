import assert from "node:assert/strict";
import { test } from "node:test";
import { columnsFor, gridFor, zoomFor, zoomForRows } from "./grid.ts";

test("zoom is whole, near the wish, and fits", () => {
  assert.equal(zoomFor(28, 56, 700), 2);
  assert.equal(zoomFor(28, 64, 700), 2);
  assert.equal(zoomFor(5, 75, 700), 15);
  assert.equal(zoomFor(28, 140, 100), 3);
  assert.equal(zoomFor(224, 64, 100), 1);
});

test("a narrow page shows four in a row, smaller, and a wide one as wished", () => {
  assert.equal(zoomForRows(3, 28, 16, 326, 4), 2);
  assert.equal(zoomForRows(3, 28, 16, 736, 4), 3);
  assert.equal(zoomForRows(3, 28, 3, 100, 4), 3);
  assert.equal(zoomForRows(2, 300, 16, 326, 4), 2);
});

test("columns drop to a divisor of the count", () => {
  assert.equal(columnsFor(16, 20), 16);
  assert.equal(columnsFor(16, 15), 8);
  assert.equal(columnsFor(16, 7), 4);
  assert.equal(columnsFor(10, 6), 5);
});

test("a count without a near divisor gives even rows", () => {
  assert.equal(columnsFor(13, 8), 7);
  assert.equal(columnsFor(20, 9), 5);
  assert.equal(columnsFor(17, 16), 9);
  assert.equal(columnsFor(3, 1), 1);
});

const request = {
  count: 16,
  cellWidth: 56,
  cellHeight: 56,
  available: 736,
  gap: 4,
  widestGap: 17,
  rowGap: 10,
  below: 18,
  pad: 1,
};

test("pictures stand in rows, the gap fills the row, the size holds all", () => {
  const grid = gridFor(request);
  assert.equal(grid.columns, 8);
  assert.equal(grid.gap, 17);
  assert.deepEqual(grid.places[0], { x: 1, y: 1 });
  assert.deepEqual(grid.places[8], { x: 1, y: 1 + 56 + 18 + 10 });
  assert.equal(grid.width, 8 * 56 + 7 * 17 + 2);
  assert.equal(grid.height, 2 * (56 + 18) + 10 + 2);
  assert.ok(grid.width <= request.available);
});

test("one column when nothing else fits, no places for nothing", () => {
  assert.equal(gridFor({ ...request, available: 60 }).columns, 1);
  assert.deepEqual(gridFor({ ...request, count: 0 }).places, []);
});
