import assert from "node:assert/strict";
import { test } from "node:test";
import { chosenOf } from "./choosing.ts";

test("entries come in the order asked for, with their scale", () => {
  const tensor = { shape: [3, 1, 2], data: Int8Array.of(1, 2, 3, 4, 5, 6), scale: 0.5 };
  assert.deepEqual(chosenOf(tensor, [2, 0]), {
    shape: [2, 1, 2],
    data: Int8Array.of(5, 6, 1, 2),
    scale: 0.5,
  });
});

test("an array without further axes has one number an entry", () => {
  const tensor = { shape: [3], data: Float32Array.of(1, 2, 3), scale: 1 };
  assert.deepEqual(Array.from(chosenOf(tensor, [1, 1]).data), [2, 2]);
  assert.deepEqual(
    chosenOf({ ...tensor, shape: [3, 0], data: new Int32Array() }, [1]).shape,
    [1, 0],
  );
});
