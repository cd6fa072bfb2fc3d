import assert from "node:assert/strict";
import { test } from "node:test";
import { neuron, part, rows } from "./neuron-fixture.ts";
import {
  foldedTo,
  isPadding,
  strongestPlace,
  unravelled,
  windowPicture,
  windowTable,
} from "./window.ts";

test("places are counted row by row", () => {
  assert.deepEqual(
    [0, 1, 3, 5].map((index) => unravelled(index, [2, 3])),
    [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 2],
    ],
  );
  assert.deepEqual(unravelled(5, [2, 2, 2]), [1, 0, 1]);
  assert.deepEqual(unravelled(0, []), []);
});

test("outside the map there is nothing", () => {
  assert.deepEqual(
    [0, 1, 2, 3].map((index) => isPadding(part({}), index)),
    [true, true, false, false],
  );
});

test("one follows to where most was added, not into the padding", () => {
  const found = part({ product: [9, 9, 0.5, 2], number: 20.5 });
  assert.deepEqual(strongestPlace(found, [3, 3]), [0, 1]);
  assert.deepEqual(strongestPlace(part({ product: [0, 0, -2, 1] }), [3, 3]), [0, 0]);
  assert.deepEqual(strongestPlace(part({ window: [], places: [0], product: [4] }), []), []);
});

test("a signal is a band, a volume's planes stand beneath each other", () => {
  const signal = windowPicture([1, 2, 3, 4, 5, 6], [6]);
  assert.deepEqual(signal.shape, [1, 2, 6]);
  assert.deepEqual(Array.from(signal.data), [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual(windowPicture([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]).shape, [1, 4, 2]);
  assert.deepEqual(windowPicture([1], []).shape, [1, 1, 1]);
});

test("the table's last column adds up to its foot", () => {
  const table = windowTable(neuron({}), rows, 2, () => [3, 3]);
  const added = table.rows.reduce((sum, row) => sum + Number(row[4]), 0);
  assert.equal(added, 3.75);
  assert.equal(table.foot?.[4], 3.75);
  assert.deepEqual(table.rows[0]?.slice(0, 2), ["5", "outside"]);
  assert.deepEqual(table.rows[3], ["5", "0, 1", 4, 0.75, 3]);
  assert.deepEqual(table.rows.at(-2), ["1 other", "", null, null, 1]);
});

test("what is folded away is still in the sum", () => {
  const found = foldedTo(neuron({}), 1);
  assert.deepEqual([found.parts.length, found.others, found.others_number], [1, 2, 0]);
  assert.equal(foldedTo(neuron({}), Infinity).others_number, 1);
});
