import assert from "node:assert/strict";
import { test } from "node:test";
import { amount, barMaxima, cellText, memoryUnits, unitFor } from "./cells.ts";
import type { Column } from "../wire.ts";

const column: Column = { label: "", unit: "", align: "right", decimals: 2, bar: true };

test("numbers follow the column, words pass, nothing stays empty", () => {
  assert.equal(cellText(0.5, column), "0.50");
  assert.equal(cellText(100416, { ...column, decimals: null }), "100\u202f416");
  assert.equal(cellText("above 0.999", column), "above 0.999");
  assert.equal(cellText(null, column), "");
});

test("bars are measured against the column's largest", () => {
  const table = { columns: [column], rows: [[1], [-4], ["-"]], foot: [99], caption: "" };
  assert.deepEqual(barMaxima(table), [4]);
});

test("units follow the largest number", () => {
  assert.deepEqual(unitFor(100_352, memoryUnits), { size: 1024, name: "KiB", decimals: 1 });
  assert.deepEqual(unitFor(900, memoryUnits), { size: 1, name: "bytes", decimals: 0 });
});

test("a little is not nothing", () => {
  const unit = { size: 1024, decimals: 1 };
  assert.equal(amount(0, unit), "0");
  assert.equal(amount(40, unit), "<0.1");
  assert.equal(amount(100_352, unit), "98.0");
});
