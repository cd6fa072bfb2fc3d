import assert from "node:assert/strict";
import { test } from "node:test";
import { twinOf } from "./twin.ts";

const curve = { style: "solid" as const };

test("curves over different points share the rows of one table", () => {
  const chart = { unit: "", x_label: "epoch", low: null, high: null, events: [] };
  const table = twinOf({
    kind: "charts",
    table: null,
    charts: [
      { ...chart, title: "Loss", curves: [{ ...curve, label: "training", x: [2, 1], y: [3, 4] }] },
      { ...chart, title: "Share", curves: [{ ...curve, label: "", x: [2, 3], y: [null, 7] }] },
    ],
  });
  assert.deepEqual(
    table?.columns.map((column) => column.label),
    ["epoch", "Loss, training", "Share"],
  );
  assert.deepEqual(table?.rows, [
    [1, 4, null],
    [2, 3, null],
    [3, null, 7],
  ]);
});

test("a column has as many decimals as its largest number needs", () => {
  const table = twinOf({
    kind: "scatter",
    title: "",
    x_label: "truth",
    y_label: "answer",
    x: [1, 20],
    y: [0.51234, 12.3],
    table: null,
  });
  assert.deepEqual(
    table?.columns.map((column) => column.decimals),
    [null, 2],
  );
});

test("a table that was sent is taken", () => {
  const table = { columns: [], rows: [], foot: null, caption: "sent" };
  assert.equal(twinOf({ kind: "table", table }), table);
});

test("pictures without words have no twin", () => {
  const scale = { kind: "grey" as const, low: 0, high: 255, unit: "" };
  const tile = { index: 0, label: "", value: "", crossed: false, warn: false };
  const figure = { title: "", note: "", end: "", array: "a", show_scale: true, side: 64 };
  assert.equal(
    twinOf({ kind: "tiles", ...figure, scale, tiles: [tile], outline: null, table: null }),
    null,
  );
});
