import assert from "node:assert/strict";
import { test } from "node:test";
import { factorOf, moved, withFactor } from "./changes.ts";

const two = [
  { row: 1, channel: 3, factor: 0 },
  { row: 2, channel: 3, factor: 2 },
];

test("a factor is set once a channel, and 1 takes it away", () => {
  assert.deepEqual(withFactor(two, 1, 3, 0.5), [two[1], { row: 1, channel: 3, factor: 0.5 }]);
  assert.deepEqual(withFactor(two, 1, 3, 1), [two[1]]);
  assert.deepEqual(withFactor([], 0, 0, 1), []);
  assert.equal(factorOf(two, 2, 3), 2);
  assert.equal(factorOf(two, 2, 4), 1);
});

test("what moved most comes first, and what stayed is left out", () => {
  const answer = (number: number, probability: number) => ({
    number,
    name: String(number),
    score: 0,
    probability,
  });
  const before = [answer(0, 0.5), answer(1, 0.3), answer(2, 0.2)];
  const after = [answer(0, 0.1), answer(1, 0.3), answer(2, 0.6), answer(9, 0.1)];
  assert.deepEqual(
    moved(before, after, 5).map((one) => one.name),
    ["0", "2"],
  );
  assert.equal(moved(before, after, 1).length, 1);
});
