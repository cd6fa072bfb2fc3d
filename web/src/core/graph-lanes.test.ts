import assert from "node:assert/strict";
import { test } from "node:test";
import { graph } from "./graph-fixture.ts";
import { endsAfter, lanesLeft, rowAt, stripOf, tops } from "./graph-lanes.ts";
import { treeOf, visibleRows } from "./graph-tree.ts";

const tree = treeOf(graph);
const metrics = { lane: 10, gap: 4, row: 20, end: 8 };
const strip = (row: number, isOpen = false, ends = 0) => stripOf(tree, row, isOpen, ends, metrics);

test("what a module holds is drawn right of the module's own lanes", () => {
  assert.equal(lanesLeft(tree, 0, metrics), 0);
  // one lane of 10 and the gap
  assert.equal(lanesLeft(tree, 3, metrics), 14);
  // and the block's two lanes of 10 and the gap
  assert.equal(lanesLeft(tree, 4, metrics), 14 + 24);
  assert.deepEqual(strip(2).dot, { x: 5, y: 10 });
  assert.equal(strip(2).words, 14);
  // second lane within the block: 14 + 10 + 5
  assert.deepEqual(strip(4).dot, { x: 29, y: 10 });
  assert.equal(strip(4).words, 14 + 2 * 10 + 4);
});

test("a chain is a straight line through the dot", () => {
  assert.equal(strip(2).lines, "M5 0V10M5 10V20");
});

test("an open module hands its line on to what it holds", () => {
  assert.equal(strip(3, true).lines, "M5 0V10M5 10C5 15 19 15 19 20");
  assert.equal(strip(3, false).lines, "M5 0V10M5 10V20");
});

test("a shortcut passes by, and the body bends out of it", () => {
  // passes in the first lane (19), read from there, goes on in the second (29)
  assert.equal(strip(4).lines, "M19 0V20M19 0C19 5 29 5 29 10M29 10V20");
});

test("with the last row of a module its line returns", () => {
  const last = strip(6, false, 1);
  assert.equal(last.height, 28);
  assert.ok(last.lines.endsWith("M19 10V20M19 20C19 24 5 24 5 28"));
});

test("modules that end together end one after the other, the innermost first", () => {
  const last = strip(9, false, 2);
  assert.equal(last.height, 36);
  assert.ok(last.lines.endsWith("M19 20C19 24 5 24 5 28M5 28V36"));
});

test("the network's own line runs out at the foot", () => {
  assert.ok(strip(10, false, 1).lines.endsWith("M5 20V28"));
});

test("modules end where the next row is not theirs", () => {
  assert.equal(endsAfter(tree, 6, 7), 1);
  assert.equal(endsAfter(tree, 3, 4), 0);
  assert.equal(endsAfter(tree, 2, 3), 0);
  assert.equal(endsAfter(tree, 10, undefined), 1);
  assert.equal(endsAfter(tree, 9, undefined), 2);
});

test("rows stand beneath each other, with room where modules end", () => {
  const visible = visibleRows(tree, new Set([3]));
  const found = tops(tree, visible, metrics);
  assert.deepEqual([...found], [0, 20, 40, 60, 80, 100, 128, 148, 176]);
  assert.equal(rowAt(found, 0), 0);
  assert.equal(rowAt(found, 19.9), 0);
  assert.equal(rowAt(found, 20), 1);
  assert.equal(rowAt(found, 127), 5);
  assert.equal(rowAt(found, 9999), 7);
});
