import assert from "node:assert/strict";
import { test } from "node:test";
import { joined } from "./joined.ts";
import type { Tensor } from "./safetensors.ts";

const tensor = (rows: number, ...values: number[]): Tensor => ({
  shape: [rows, values.length / rows],
  data: Uint8Array.from(values),
  scale: 0.5,
});

test("pieces of a name become one array, others stay", () => {
  const found = joined([
    new Map([
      ["a", tensor(1, 1, 2)],
      ["b", tensor(1, 9)],
    ]),
    new Map([["a", tensor(2, 3, 4, 5, 6)]]),
  ]);
  assert.deepEqual(found.get("a"), tensor(3, 1, 2, 3, 4, 5, 6));
  assert.deepEqual(found.get("b"), tensor(1, 9));
});
