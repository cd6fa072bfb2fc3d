import assert from "node:assert/strict";
import { test } from "node:test";
import { byChance, logFactorials, median, shared } from "./sharing.ts";

const logs = logFactorials(100_000);

test("the chance agrees with scipy's hypergeometric law", () => {
  const cases = [
    [5000, 500, 84, 68, 4.005664827701616e-54],
    [5000, 500, 84, 12, 0.25908460058853944],
    [100_000, 9000, 400, 60, 0.00013485633305657314],
    [20, 7, 12, 0, 0.00020639834881320954],
  ] as const;
  for (const [whole, marked, drawn, found, expected] of cases) {
    const chance = byChance(whole, marked, drawn, found, logs);
    assert.ok(Math.abs(chance / expected - 1) < 1e-6, `${chance} is not ${expected}`);
  }
});

test("all points drawn is what chance does", () => {
  assert.equal(byChance(50, 20, 50, 20, logs).toFixed(9), "1.000000000");
});

test("each value is counted among the chosen and among all; the unknown count nowhere", () => {
  const codes = [0, 0, 0, 0, 1, 1, 1, 1, -1, -1];
  const chosen = Uint8Array.from([1, 1, 1, 0, 1, 0, 0, 0, 1, 0]);
  const { rows, known, whole } = shared(codes, 3, chosen, logs);
  assert.deepEqual([known, whole], [4, 8]);
  assert.deepEqual(
    rows.map(({ value, here, everywhere, ratio }) => [value, here, everywhere, ratio]),
    [
      [0, 3, 4, 1.5],
      [1, 1, 4, 0.5],
    ],
  );
  // Of 70 equally likely draws of four, 16 + 1 hold three or four of value 0; both tails, for two values asked about.
  assert.ok(Math.abs(rows[0]!.chance - Math.min(1, (2 * 2 * 17) / 70)) < 1e-9);
});

test("nothing chosen shares nothing", () => {
  assert.deepEqual(shared([0, 1], 2, new Uint8Array(2), logs).rows, []);
});

test("the median of those that are known", () => {
  assert.equal(median([4, NaN, 1, 3, 2], null), 2.5);
  assert.equal(median([4, NaN, 1, 3, 2], Uint8Array.from([1, 1, 1, 0, 1])), 2);
  assert.ok(Number.isNaN(median([NaN], null)));
});
