import assert from "node:assert/strict";
import { test } from "node:test";
import type { FieldAxis, GraphField } from "../wire.ts";
import { across, fieldBox, overlap } from "./field-box.ts";
import { fieldSentence, fieldText } from "./graph-words.ts";

const axis = (size: number, first: number, more: Partial<FieldAxis> = {}): FieldAxis => ({
  size,
  first,
  stride: 1,
  padding: 0,
  unit: 4,
  units: 8,
  ...more,
});
const local = (...axes: FieldAxis[]): GraphField => ({ axes, is_global: false, is_known: true });
const everything: GraphField = { axes: [], is_global: true, is_known: true };
const unknown: GraphField = { axes: [], is_global: false, is_known: false };

test("within the input the box has its size and its place", () => {
  const box = fieldBox(local(axis(4, 2), axis(2, 6)), [8, 16], 160);
  // the longer side of the input fills the room: 10 a pixel
  assert.deepEqual(box.input, { x: 0, y: 0, width: 160, height: 80 });
  assert.deepEqual(box.seen, { x: 60, y: 20, width: 20, height: 40 });
  assert.equal(box.isCut, false);
});

test("beyond the border the room holds both", () => {
  const box = fieldBox(local(axis(16, -4), axis(16, -4)), [8, 8], 160);
  assert.deepEqual(box.seen, { x: 0, y: 0, width: 160, height: 160 });
  assert.deepEqual(box.input, { x: 40, y: 40, width: 80, height: 80 });
  assert.deepEqual(overlap(box.seen!, box.input), box.input);
});

test("what reaches very far is cut, and says so", () => {
  const box = fieldBox(local(axis(1000, -500), axis(1000, -500)), [8, 8], 110);
  assert.equal(box.isCut, true);
  assert.equal(box.input.width, 10);
});

test("everything is the input itself; what is not known has no box", () => {
  const whole = fieldBox(everything, [8, 8], 80);
  assert.deepEqual(whole.seen, whole.input);
  assert.equal(fieldBox(unknown, [8, 8], 80).seen, null);
  assert.equal(fieldBox(local(axis(3, 0)), [8, 8], 80).seen, null);
});

test("a signal is a band, of a volume the last two axes are drawn", () => {
  const signal = fieldBox(local(axis(10, 20)), [100], 200);
  assert.deepEqual([signal.seen!.x, signal.seen!.width, signal.input.width], [40, 20, 200]);
  assert.equal(signal.seen!.height, signal.input.height);
  const volume = fieldBox(local(axis(9, 0), axis(2, 0), axis(4, 0)), [9, 8, 8], 80);
  assert.deepEqual([volume.seen!.width, volume.seen!.height], [40, 20]);
});

test("in words: one number where the axes agree", () => {
  assert.equal(fieldText(local(axis(7, 0), axis(7, 0))), "7");
  assert.equal(fieldText(local(axis(7, 0), axis(5, 0))), "7×5");
  assert.equal(fieldText(everything), "all");
  assert.equal(fieldText({ ...everything, axes: [axis(7, 0)] }), "all");
  assert.equal(fieldText(unknown), "unknown");
  assert.equal(across([0.5, 0.5], String), "0.5");
});

test("in a sentence: which unit sees what, and whether that is all of the input", () => {
  assert.equal(
    fieldSentence(local(axis(7, 0), axis(7, 0)), [64, 64]),
    "The unit at row 4, column 4 of 8×8, in the middle, sees 7×7 pixels; the input has 64×64.",
  );
  assert.match(fieldSentence(local(axis(7, 0)), [64]), /^The unit at place 4 of 8, in the middle/);
  assert.match(
    fieldSentence(local(axis(7, -1), axis(7, 0)), [64, 64]),
    /reaches beyond the border/,
  );
  assert.match(fieldSentence(everything, [64, 64]), /whole input, 64×64 pixels\.$/);
  const both = { ...everything, axes: [axis(7, 0), axis(7, 0)] };
  assert.match(fieldSentence(both, [64, 64]), /it would see 7×7 pixels\.$/);
  assert.match(fieldSentence(unknown, [64, 64]), /not known/);
  const one = axis(64, 0, { unit: 1, units: 1 });
  assert.match(fieldSentence(local(one, one), [64, 64]), /^Its only place sees 64×64 pixels/);
});
