import assert from "node:assert/strict";
import { test } from "node:test";
import { placeAfter, placeAt, rowsWithin, scrolledTo, strongestFirst, wallFor } from "./wall.ts";

const request = {
  count: 32,
  available: 540,
  tileWidth: 56,
  tileHeight: 56,
  least: 0,
  gap: 8,
  below: 16,
};

test("a wall has a number of columns that is counted easily", () => {
  // (540 + 8) / 64 = 8.6
  assert.deepEqual(wallFor(request), { columns: 8, rows: 4, across: 64, down: 80, height: 320 });
  assert.equal(wallFor({ ...request, available: 720 }).columns, 8);
  assert.equal(wallFor({ ...request, available: 800 }).columns, 12);
  assert.equal(wallFor({ ...request, available: 20 }).columns, 1);
});

test("few channels make one row, and wide words hold tiles apart", () => {
  assert.equal(wallFor({ ...request, count: 3 }).columns, 3);
  assert.equal(wallFor({ ...request, least: 92 }).across, 100);
});

test("only rows that meet the window are drawn", () => {
  const wall = wallFor({ ...request, count: 2048 });

  assert.equal(wall.rows, 256);
  assert.deepEqual(rowsWithin(wall, 0, 400), [0, 5]);
  assert.deepEqual(rowsWithin(wall, 79, 400), [0, 6]);
  assert.deepEqual(rowsWithin(wall, 80, 400), [1, 6]);
  assert.deepEqual(rowsWithin(wall, 256 * 80 - 10, 400), [255, 256]);
  assert.deepEqual(rowsWithin(wall, 400, 400, 4), [4, 12]);
  assert.deepEqual(rowsWithin(wall, 639, 400, 4), [4, 16]);
});

test("keys walk over the wall and stay on it", () => {
  const wall = { columns: 8, count: 30, page: 2 };
  const walk = (place: number, ...keys: string[]) =>
    keys.reduce((at, key) => placeAfter(key, at, wall)!, place);

  assert.equal(walk(0, "ArrowRight", "ArrowDown", "ArrowDown"), 17);
  assert.equal(walk(7, "ArrowRight"), 8);
  assert.equal(walk(0, "ArrowLeft"), 0);
  assert.equal(walk(24, "ArrowDown"), 24);
  assert.equal(walk(3, "End"), 29);
  assert.equal(walk(29, "Home"), 0);
  assert.equal(walk(3, "PageDown"), 19);
  assert.equal(walk(19, "PageDown"), 29);
  assert.equal(walk(19, "PageUp"), 3);
  assert.equal(walk(11, "PageUp"), 3);
  assert.equal(placeAfter("x", 3, wall), null);
});

test("a point is on a tile or on none", () => {
  const wall = wallFor(request);

  assert.equal(placeAt(wall, 32, { x: 70, y: 90 }), 9);
  assert.equal(placeAt(wall, 32, { x: 530, y: 90 }), null);
  assert.equal(placeAt(wall, 30, { x: 511, y: 300 }), null);
});

test("scrolling moves as little as need be", () => {
  const wall = wallFor({ ...request, count: 2048 });

  assert.equal(scrolledTo(wall, 3, 0, 400), 0);
  assert.equal(scrolledTo(wall, 5, 0, 400), 80);
  assert.equal(scrolledTo(wall, 0, 300, 400), 0);
});

test("the strongest come first, whatever their sign", () => {
  assert.deepEqual(strongestFirst([1, -3, 0, 3, 2]), [1, 3, 4, 0, 2]);
});
