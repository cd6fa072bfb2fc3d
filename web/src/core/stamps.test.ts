import assert from "node:assert/strict";
import { test } from "node:test";
import { dotSide, markOf, stampDots, turns } from "./stamps.ts";

const drawn = (mark: readonly number[], side: number) => {
  const rows = Array.from({ length: side }, () => new Array<string>(side).fill("."));
  const middle = (side - 1) / 2;
  for (let k = 0; k < mark.length; k += 2) rows[mark[k + 1]! + middle]![mark[k]! + middle] = "#";
  return rows.map((row) => row.join(""));
};

test("marks of seven pixels can be told apart", () => {
  const shapes = [0, 1, 2, 3, 4, 5].map((shape) => drawn(markOf(shape, 7), 7).join("\n"));
  assert.equal(new Set(shapes).size, 6);
  assert.deepEqual(drawn(markOf(3, 5), 5), ["..#..", "..#..", "#####", "..#..", "..#.."]);
});

test("a mark of three pixels is a disc, whatever the shape", () => {
  for (let shape = 0; shape < 6; shape++) assert.deepEqual(markOf(shape, 3), markOf(0, 3));
});

const size = { width: 6, height: 4 };
const at = { unit: 1, left: 0, top: 0 };
const dot = [[0, 0]];
const dots = {
  placed: Float32Array.from([1, 1, 1, 1, 4, 2, 5, 3, 9, 9, NaN, NaN]),
  order: Uint32Array.from([1, 0, 2, 3, 4, 5]),
  turn: Uint8Array.from([
    turns.plain,
    turns.dim,
    turns.raised,
    turns.hidden,
    turns.plain,
    turns.plain,
  ]),
  code: Uint16Array.from([0, 1, 1, 0, 0, 0]),
  colours: Uint32Array.from([7, 8]),
  dim: 3,
  marks: dot,
  raisedMarks: dot,
};

test("each point writes its colour where it stands; what stands back is under what does not", () => {
  const pixels = new Uint32Array(24);
  stampDots(pixels, size, at, dots);
  const written = [...pixels].flatMap((value, place) => (value ? [[place, value]] : []));
  assert.deepEqual(written, [
    [7, 7],
    [16, 8],
  ]);
});

test("the later of two in the order lies above", () => {
  const pixels = new Uint32Array(24);
  const turn = new Uint8Array(6).fill(turns.plain);
  stampDots(pixels, size, at, { ...dots, turn });
  assert.equal(pixels[7], 7);
  stampDots(pixels, size, at, { ...dots, turn, order: Uint32Array.from([0, 1, 2, 3, 4, 5]) });
  assert.equal(pixels[7], 8);
});

test("a dot that would reach over the edge is not drawn, and never wraps to the next row", () => {
  const pixels = new Uint32Array(24);
  const turn = Uint8Array.from([0, 0, 0, turns.plain, 0, 0]);
  stampDots(pixels, size, at, { ...dots, turn, marks: [markOf(0, 3)] });
  assert.deepEqual([...new Set(pixels)], [0]);
});

test("dots grow as the view comes nearer, and are smaller where they are many", () => {
  assert.deepEqual([dotSide(500, 1), dotSide(100_000, 1), dotSide(100_000, 16)], [4, 2, 5]);
});
