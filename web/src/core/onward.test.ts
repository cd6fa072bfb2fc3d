import assert from "node:assert/strict";
import { test } from "node:test";
import { heldWords, onwardInputs, shareWords } from "./onward.ts";

const unit = (channel: number, number: number) => ({ row: 4, channel, at: [1], value: 1, number });
const made = {
  row: 2,
  channel: 0,
  at: [],
  value: 1,
  about: 7,
  score: 9,
  total: 2,
  rows: [{ row: 4, units: [unit(5, -0.8), unit(3, 0.5), unit(3, 0.5)], shown: 0.2, whole: 2 }],
};

test("a channel that carries at two places counts once, and the strongest comes first", () => {
  assert.deepEqual(onwardInputs(made, 4), [
    { channel: 3, number: 1 },
    { channel: 5, number: -0.8 },
  ]);
  assert.deepEqual(onwardInputs(made, 5), []);
  assert.deepEqual(shareWords(onwardInputs(made, 4), 2), ["+50\u202f%", "−40\u202f%"]);
});

test("how much of the effect is shown is said beside all of it", () => {
  assert.equal(heldWords(made.rows[0]!, 2), "3 shown 10\u202f%, all 100\u202f%");
  assert.equal(heldWords(made.rows[0]!, 0), "");
});
