import assert from "node:assert/strict";
import { test } from "node:test";

import { rankingGrid } from "./ranking.ts";

test("what is left beside name and figures is the axis", () => {
  const { wide, columns, axis } = rankingGrid(1000);
  assert.ok(wide);
  assert.equal(axis, 1000 - 210 - 100 - 150 - 42);
  assert.equal(columns, "210px 498px 100px 150px");
});

test("a narrow page stacks them, and the axis takes the whole width", () => {
  assert.deepEqual(rankingGrid(320), {
    wide: false,
    columns: "minmax(0, 1fr) minmax(0, 1fr)",
    axis: 320,
  });
});

test("where rows are not compared, their axis has the room of the differences", () => {
  const { columns, axis } = rankingGrid(1000, false);
  assert.equal(axis, 1000 - 210 - 100 - 28);
  assert.equal(columns, "210px 662px 100px");
});
