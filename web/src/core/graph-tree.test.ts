import assert from "node:assert/strict";
import { test } from "node:test";
import { graph } from "./graph-fixture.ts";
import {
  allOpen,
  childrenOf,
  firstOpen,
  neighbours,
  revealed,
  seenInstead,
  stepped,
  treeOf,
  visibleRows,
} from "./graph-tree.ts";

const tree = treeOf(graph);
const none = new Set<number>();

test("rows know what they hold, how deep they are and what they are called", () => {
  assert.deepEqual(childrenOf(graph.rows, 0), [1, 2, 3, 7, 10]);
  assert.deepEqual(tree.level, [0, 1, 1, 1, 2, 2, 2, 1, 2, 2, 1]);
  assert.deepEqual(tree.path.slice(3, 10), [
    "block",
    "block.a",
    "block.b",
    "block.sum",
    "c",
    "c",
    "d",
  ]);
  assert.deepEqual([tree.place[5], tree.siblings[5]], [2, 3]);
});

test("folded rows are not seen, open ones are", () => {
  assert.deepEqual(visibleRows(tree, none), [1, 2, 3, 7, 10]);
  assert.deepEqual(visibleRows(tree, new Set([3])), [1, 2, 3, 4, 5, 6, 7, 10]);
  // open within what is folded
  assert.deepEqual(visibleRows(tree, new Set([99])), [1, 2, 3, 7, 10]);
  assert.equal(visibleRows(tree, allOpen(tree)).length, 10);
});

test("at first modules are open as long as they can be taken in, repeats are not", () => {
  assert.deepEqual([...firstOpen(tree, 24)], [3]);
  assert.deepEqual([...firstOpen(tree, 7)], []);
});

test("arrows go up and down, and stop at the ends", () => {
  const visible = visibleRows(tree, none);
  const key = (focus: number, name: string) => stepped(tree, visible, none, focus, name)?.focus;
  assert.equal(key(2, "ArrowDown"), 3);
  assert.equal(key(1, "ArrowUp"), 1);
  assert.equal(key(3, "End"), 10);
  assert.equal(key(10, "ArrowDown"), 10);
  assert.equal(key(10, "Home"), 1);
  assert.equal(key(1, "PageDown"), 10);
});

test("right opens, then enters; left folds, then leaves", () => {
  const visible = visibleRows(tree, none);
  const opened = stepped(tree, visible, none, 3, "ArrowRight")!;
  assert.deepEqual([opened.focus, [...opened.open]], [3, [3]]);
  const inside = visibleRows(tree, opened.open);
  assert.equal(stepped(tree, inside, opened.open, 3, "ArrowRight")!.focus, 4);
  assert.equal(stepped(tree, inside, opened.open, 5, "ArrowLeft")!.focus, 3);
  assert.deepEqual([...stepped(tree, inside, opened.open, 3, "ArrowLeft")!.open], []);
  // at the outermost rows there is nowhere to leave to
  assert.equal(stepped(tree, visible, none, 2, "ArrowRight")!.focus, 2);
});

test("a letter goes to the next row of that name and round the end; other keys are the page's", () => {
  const visible = visibleRows(tree, none);
  assert.equal(stepped(tree, visible, none, 1, "h")!.focus, 10);
  assert.equal(stepped(tree, visible, none, 10, "b")!.focus, 3);
  assert.equal(stepped(tree, visible, none, 1, "q"), null);
  assert.equal(stepped(tree, visible, none, 1, "Tab"), null);
});

test("who reads whom: of an op, and of a module as a whole", () => {
  assert.deepEqual(neighbours(tree, 6), { reads: [5, 2], readers: [8] });
  assert.deepEqual(neighbours(tree, 3), { reads: [2], readers: [8] });
  assert.deepEqual(neighbours(tree, 2), { reads: [1], readers: [4, 6] });
});

test("a row is shown where it is folded, and the row it is folded into stands for it", () => {
  assert.deepEqual([...revealed(tree, none, 8)], [7]);
  assert.equal(seenInstead(tree, none, 8), 7);
  assert.equal(seenInstead(tree, new Set([7]), 8), 8);
});

test("findings are known at their op and at all that holds it, gravest first", () => {
  assert.deepEqual(tree.findings.get(5), [0]);
  assert.deepEqual(tree.findings.get(3), [1, 0]);
  assert.deepEqual(tree.findings.get(0), [1, 0]);
  assert.equal(tree.findings.get(7), undefined);
});
