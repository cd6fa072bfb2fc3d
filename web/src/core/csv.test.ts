import assert from "node:assert/strict";
import { test } from "node:test";
import { csvOf, tabbed } from "./csv.ts";
import type { Table } from "../wire.ts";

const column = { align: "right" as const, decimals: 1, bar: false };
const table: Table = {
  columns: [
    { ...column, label: "Layer", unit: "" },
    { ...column, label: "Kept", unit: "KiB" },
  ],
  rows: [
    ['a "b", c', -1.25],
    ["d", null],
  ],
  foot: ["Sum", 12345],
  caption: "",
};

test("CSV quotes what needs it, keeps all digits, and leaves unknown cells empty", () => {
  assert.equal(csvOf(table), 'Layer,Kept (KiB)\r\n"a ""b"", c",-1.25\r\nd,\r\nSum,12345\r\n');
});

test("the clipboard gets tabs", () => {
  assert.equal(tabbed(table).split("\n")[3], "Sum\t12345");
});
