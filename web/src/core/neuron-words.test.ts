import assert from "node:assert/strict";
import { test } from "node:test";
import { layer, neuron, part, rows } from "./neuron-fixture.ts";
import {
  decimalsFor,
  placeWords,
  sentenceOf,
  signedFixed,
  strongestOf,
  titleOf,
  whereWords,
} from "./neuron-words.ts";

test("a neuron is said with its place and its strongest input", () => {
  assert.equal(
    sentenceOf(neuron({}), rows),
    "conv2, channel 2 of 4, 3.75 at row 0, column 1; strongest input channel 5, plus 3.25.",
  );
});

test("a screen reader hears minus, not a dash", () => {
  const parts = [part({ channel: 1, number: -2.5 })];
  assert.equal(
    sentenceOf(neuron({ value: -1.25, before: -1.25, parts }), rows),
    "conv2, channel 2 of 4, minus 1.25 at row 0, column 1; strongest input channel 1, minus 2.50.",
  );
});

test("the strongest is that which adds most, whatever comes first", () => {
  const found = neuron({ parts: [part({ channel: 1, number: 1 }), part({ number: -4 })] });
  assert.equal(strongestOf(found)?.number, -4);
  assert.equal(strongestOf(neuron({ parts: [] })), null);
});

test("what it reads is told by count, layer and window", () => {
  assert.equal(
    whereWords(neuron({}), rows),
    "row 0, column 1 of 2×2; reads 3 channels of conv1 through 2×2",
  );
});

test("a depthwise filter reads one channel", () => {
  const one = neuron({ parts: [part({})], others: 0 });
  assert.equal(
    whereWords(one, rows),
    "row 0, column 1 of 2×2; reads 1 channel of conv1 through 2×2",
  );
});

test("of the input there may be one channel", () => {
  const one = neuron({ parts: [part({ row: -1 })], others: 0 });
  assert.equal(whereWords(one, rows), "row 0, column 1 of 2×2; reads the input through 2×2");
});

test("a unit of a vector has no place, and reads whole maps or other units", () => {
  const vector = [layer({ name: "pool", sizes: [2, 2] }), layer({ name: "fc", sizes: [] })];
  const unit = neuron({ at: [] });
  assert.equal(titleOf(vector[1]!, 7), "fc, unit 7");
  assert.equal(whereWords(unit, vector), "reads 3 channels of pool, each whole: 2×2");
  const next = [layer({ name: "fc1", sizes: [] }), layer({ name: "fc2", sizes: [] })];
  const plain = neuron({ at: [], parts: [part({ window: [], number: 1 })], others: 63 });
  assert.equal(whereWords(plain, next), "reads 64 units of fc1");
});

test("pooling reads its own channel alone", () => {
  const pooled = neuron({ kind: "largest", parts: [part({})] });
  assert.match(whereWords(pooled, rows), /takes the largest of 2×2 in its own channel of conv1$/);
  assert.equal(sentenceOf(pooled, rows), "conv2, channel 2 of 4, 3.75 at row 0, column 1.");
});

test("places are named by what their axes are", () => {
  assert.deepEqual([[], [4], [4, 5], [1, 4, 5]].map(placeWords), [
    "",
    "place 4",
    "row 4, column 5",
    "plane 1, row 4, column 5",
  ]);
});

test("three digits for the largest", () => {
  assert.deepEqual(
    [[6.3, 0.01], [0.0432], [12, 4], [120, 4], [0], [12345]].map(decimalsFor),
    [2, 4, 2, 0, 2, 0],
  );
  assert.deepEqual(
    [1.7, -0.714, 0.001].map((number) => signedFixed(number, 2)),
    ["+1.70", "−0.71", "0.00"],
  );
});
