import assert from "node:assert/strict";
import { test } from "node:test";
import { holdersOf, linesOf, unfoldedAtFirst } from "./folding.ts";

const rowsOf = (...blocks: string[]) => blocks.map((block) => ({ block }));
const shown = (rows: { block: string }[], unfolded: Iterable<string> = []) =>
  linesOf(rows, new Set(unfolded)).map((line) =>
    line.kind === "layer"
      ? `${"  ".repeat(line.depth)}${line.row}`
      : `${"  ".repeat(line.depth)}${line.path} ${line.first}-${line.last}`,
  );

// A stem, two stages of two blocks, one with a path of its own, and a head.
const residual = rowsOf(
  "",
  "layer1.0",
  "layer1.0",
  "layer1.0.downsample",
  "layer1.0",
  "layer1.1",
  "layer1.1",
  "layer2.0",
  "layer2.0",
  "",
);

test("a folded network is its outermost modules", () => {
  // layer2 holds nothing but layer2.0, and is called by what it holds.
  assert.deepEqual(shown(residual), ["0", "layer1 1-7", "layer2.0 7-9", "9"]);
});

test("unfolding goes a step at a time, and a block of one row is that row", () => {
  assert.deepEqual(shown(residual, ["layer1"]), [
    "0",
    "layer1 1-7",
    "  layer1.0 1-5",
    "  layer1.1 5-7",
    "layer2.0 7-9",
    "9",
  ]);
  assert.deepEqual(shown(residual, ["layer1", "layer1.0"]).slice(2, 7), [
    "  layer1.0 1-5",
    "    1",
    "    2",
    "    3",
    "    4",
  ]);
});

test("names are compared by their parts, not by their letters", () => {
  assert.deepEqual(shown(rowsOf("a.1", "a.1", "a.10", "a.10"), ["a"]), [
    "a 0-4",
    "  a.1 0-2",
    "  a.10 2-4",
  ]);
});

test("a network without modules has nothing to fold", () => {
  assert.deepEqual(shown(rowsOf("", "", "")), ["0", "1", "2"]);
});

test("what is small is unfolded at first, what is large is not", () => {
  assert.deepEqual([...unfoldedAtFirst(residual)].sort(), [
    "layer1",
    "layer1.0",
    "layer1.1",
    "layer2.0",
  ]);
  assert.deepEqual([...unfoldedAtFirst(residual, 6)], ["layer1"]);
});

test("a network within one module is unfolded however large it is", () => {
  const features = Array.from({ length: 40 }, () => ({ block: "features" }));

  assert.deepEqual([...unfoldedAtFirst(features)], ["features"]);
});

test("the holders of a row are unfolded to see it", () => {
  assert.deepEqual(holdersOf(residual, 2), ["layer1", "layer1.0"]);
  assert.deepEqual(holdersOf(residual, 9), []);
});
