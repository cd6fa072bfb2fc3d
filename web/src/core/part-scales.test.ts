import assert from "node:assert/strict";
import { test } from "node:test";
import { part } from "./neuron-fixture.ts";
import { scalesOf } from "./part-scales.ts";

test("one scale for all rows, symmetric where there are two signs", () => {
  const found = scalesOf([
    part({ input: [0, 2], weight: [0.5, -0.25], product: [0, -0.5] }),
    part({ input: [3, 1], weight: [0.1, 0.2], product: [0.3, 0.2] }),
  ]);
  assert.deepEqual(found.input, { kind: "sequential", low: 0, high: 3, unit: "input" });
  assert.deepEqual(found.weight, { kind: "diverging", low: -0.5, high: 0.5, unit: "weight" });
  assert.deepEqual(found.product, { kind: "diverging", low: -0.5, high: 0.5, unit: "product" });
});

test("inputs below zero have two signs", () => {
  const found = scalesOf([part({ input: [-0.4, 0.1] })]).input;
  assert.deepEqual([found.kind, found.high], ["diverging", 0.4]);
});
