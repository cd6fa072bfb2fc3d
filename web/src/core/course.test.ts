import assert from "node:assert/strict";
import { test } from "node:test";
import { asColours, channelsOf, sharedScale, spreadOver } from "./course.ts";
import type { Tensor } from "./safetensors.ts";

const tensor = (values: number[], scale: number, shape = [1, 1, values.length]): Tensor => ({
  shape,
  data: Int8Array.from(values),
  scale,
});

test("all moments are on the scale of the largest of them", () => {
  const scale = sharedScale([tensor([0, 127], 0.01), tensor([127, 3], 0.02)], "activation");

  assert.deepEqual(scale, { kind: "sequential", low: 0, high: 2.54, unit: "activation" });
});

test("one value below zero gives all of them signs", () => {
  const scale = sharedScale([tensor([0, 127], 0.01), tensor([-1, 3], 0.01)], "");

  assert.deepEqual([scale.kind, scale.low], ["diverging", -1.27]);
});

test("three channels are colours", () => {
  assert.equal(sharedScale([tensor([1, 2, 3], 1, [1, 1, 1, 3])], "").kind, "colour");
});

test("colours are bytes about mid-grey", () => {
  const found = asColours(tensor([-127, 0, 127], 0.01, [1, 1, 1, 3]), 2.54);

  assert.deepEqual([...found.data], [64, 128, 191]);
});

test("of many moments some are shown, the ends among them", () => {
  assert.deepEqual(spreadOver([0, 1, 2, 3, 4, 5, 6], 3), [0, 3, 6]);
  assert.deepEqual(spreadOver([0, 1], 3), [0, 1]);
});

test("of many channels the strongest at the end are shown, by their numbers", () => {
  assert.deepEqual(channelsOf(Float32Array.from([1, -9, 0, 5]), 4, 2), [1, 3]);
  assert.deepEqual(channelsOf(Float32Array.from([1, 2]), 2, 8), [0, 1]);
  assert.deepEqual(channelsOf(null, 5, 3), [0, 1, 2]);
});
