import assert from "node:assert/strict";
import { test } from "node:test";
import { editOf, weightAfter, withEdit, withoutEdit, withWeight } from "./edits.ts";

const unit = { channel: 5, inputs: 4, sides: [1, 3] };
const kernel = [1, 2, 3];
const after = (edits: ReturnType<typeof withEdit>, index = [1, 0, 0]) =>
  kernel.map((_, place) =>
    weightAfter(editOf(edits, 2, 5), kernel, place, [index[0]!, 0, place], unit),
  );

test("a unit has one edit, and its numbers gather", () => {
  let edits = withEdit([], 2, 5, "zero");
  edits = withEdit(edits, 2, 6, "negate");
  edits = withWeight(edits, 2, 5, [1, 0, 0], 7);
  edits = withWeight(edits, 2, 5, [1, 0, 2], -1);
  edits = withWeight(edits, 2, 5, [1, 0, 0], 8);

  assert.equal(edits.length, 2);
  assert.deepEqual(after(edits), [8, 2, -1]);
  assert.deepEqual(after(edits, [0, 0, 0]), kernel);
  assert.deepEqual(
    withoutEdit(edits, 2, 5).map(({ channel }) => channel),
    [6],
  );
});

test("a kernel is shown as it would be", () => {
  assert.deepEqual(after(withEdit([], 2, 5, "zero")), [0, 0, 0]);
  assert.deepEqual(after(withEdit([], 2, 5, "negate")), [-1, -2, -3]);
  assert.deepEqual(after(withEdit([], 2, 5, "scale", 0.5)), [0.5, 1, 1.5]);
  assert.deepEqual(after(withEdit([], 2, 5, "flip")), [3, 2, 1]);
  // Channel 5 of a layer that reads four is counted round to 1.
  assert.deepEqual(after(withEdit([], 2, 5, "identity")), [0, 1, 0]);
  assert.deepEqual(after(withEdit([], 2, 5, "identity"), [0, 0, 0]), [0, 0, 0]);
  assert.deepEqual(after([]), kernel);
});
