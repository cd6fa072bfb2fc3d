import assert from "node:assert/strict";
import { test } from "node:test";
import { inputsOf, inputWords, rowsRead } from "./inputs.ts";
import { neuron, part } from "./neuron-fixture.ts";

const parts = [
  part({ row: 0, channel: 3, number: 0.5 }),
  part({ row: 0, channel: 4, number: -2 }),
  part({ row: 2, channel: 3, number: 9 }),
  part({ row: 0, channel: 7, number: 1.25 }),
  part({ row: -1, channel: 0, number: 1 }),
];

test("the strongest come first, whatever their sign", () => {
  const found = inputsOf(neuron({ parts }), 0, 2);
  assert.deepEqual(found, [
    { channel: 4, number: -2 },
    { channel: 7, number: 1.25 },
  ]);
  assert.deepEqual(inputWords(found), ["−2.00", "+1.25"]);
});

test("words stay short beneath a tile", () => {
  const words = (number: number) =>
    inputWords([
      { channel: 0, number },
      { channel: 1, number: 0 },
    ]);
  assert.deepEqual([12.34, 0.7734, -0.0312].map(words), [
    ["+12.3", "0.0"],
    ["+0.77", "0.00"],
    ["−0.031", "0.000"],
  ]);
});

test("a channel read twice counts once", () => {
  const twice = neuron({ parts: [...parts, part({ row: 0, channel: 3, number: 2.5 })] });
  assert.deepEqual(inputsOf(twice, 0, 1), [{ channel: 3, number: 3 }]);
});

test("the input has no strip", () => {
  assert.deepEqual(rowsRead(neuron({ parts })), [0, 2]);
});
