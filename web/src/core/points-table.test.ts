import assert from "node:assert/strict";
import { test } from "node:test";
import { pointsTable } from "./points-table.ts";
import type { MapChannel } from "../wire.ts";

const channels: MapChannel[] = [
  { name: "label", kind: "classes", array: "l", words: ["cat", "dog"], colours: [0, 1], unit: "" },
  {
    name: "answer",
    kind: "flags",
    array: "a",
    words: ["right", "wrong"],
    colours: [-1, 1],
    unit: "",
  },
  { name: "loss", kind: "values", array: "v", words: [], colours: [], unit: "" },
];
const data: Record<string, number[]> = { l: [0, 1, -1], a: [0, 0, 1], v: [0.5, NaN, 2] };

test("who stands out comes first, the rest in the order of the file; what is not known is empty", () => {
  const placed = Float32Array.from([0, 0.5, 1, 1, NaN, NaN]);
  const table = pointsTable(["p", "q", "r"], placed, channels, ({ array }) => data[array]!);
  assert.deepEqual(table.rows, [
    ["r", null, "wrong", 2, null, null],
    ["p", "cat", "right", 0.5, 0, -0.5],
    ["q", "dog", "right", null, 1, -1],
  ]);
  assert.deepEqual(
    table.columns.map(({ label }) => label),
    ["Point", "label", "answer", "loss", "x", "y"],
  );
});
