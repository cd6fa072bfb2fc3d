import assert from "node:assert/strict";
import { test } from "node:test";
import { mostViewBytes, viewBytes } from "./view-size.ts";

const page = 1.5 * 2 ** 20;

test("a layer's wall and its strips are counted once a look, as base64", () => {
  // 8 pictures of 28×28 and 20 bytes each; strips of values and gradient with all 8 of them, and 1,500 bytes.
  const layer = 8 * (784 + 20) + 2 * 8 * 784 + 1500;
  const rows = [{ channels: 8, sizes: [56, 56] }];

  assert.equal(viewBytes(rows, 1), page + (4 / 3) * layer);
  assert.equal(viewBytes(rows, 2), page + 2 * (4 / 3) * layer);
});

test("walls that have no room are left out", () => {
  const wide = [{ channels: 1_000_000, sizes: [28, 28] }];

  assert.ok(viewBytes(wide, 1) < mostViewBytes);
});

test("a vector has one value a channel", () => {
  const rows = [{ channels: 10, sizes: [] }];

  assert.equal(viewBytes(rows, 1), page + (4 / 3) * (10 * 21 + 20 + 1500));
});
