import assert from "node:assert/strict";
import { test } from "node:test";
import { idsCsv, rowOf, sentenceOf } from "./sharing-words.ts";

const one = { value: 4, here: 68, everywhere: 500, ratio: 8.095, chance: 1e-50 };

test("what is shared is said with the whole beside it", () => {
  const row = rowOf(one, "4", 84, 5000);
  assert.deepEqual(row, {
    word: "4",
    here: 68,
    share: "81\u202f%",
    whole: "10\u202f%",
    ratio: "8.1×",
    beside: "more",
  });
  assert.equal(
    sentenceOf(84, "label", row),
    "84 points chosen; 81\u202f% have label 4, of all points 10\u202f%: more than by chance.",
  );
});

test("what chance does is not called a finding", () => {
  assert.equal(rowOf({ ...one, chance: 0.2 }, "4", 84, 5000).beside, "the same");
  assert.equal(rowOf({ ...one, ratio: 0.2 }, "4", 84, 5000).beside, "less");
});

test("one point is one point", () => {
  assert.equal(sentenceOf(1, "label", undefined), "1 point chosen.");
});

test("ids are saved with what is known of them, quoted where they must be", () => {
  assert.equal(idsCsv(["id", "label"], [["a,b", "cat"]]), 'id,label\r\n"a,b",cat\r\n');
});
