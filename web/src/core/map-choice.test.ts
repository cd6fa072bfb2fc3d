import assert from "node:assert/strict";
import { test } from "node:test";
import { chosenBy, lassoRule, pointsRule, roundRule, ruleOf, textOf } from "./map-choice.ts";
import type { Ground, Rule } from "./map-choice.ts";

// Four points at the corners of a square, y downwards, and one without a place.
const ground: Ground = {
  count: 5,
  places: [new Float32Array([-0.5, -0.5, 0.5, -0.5, -0.5, 0.5, 0.5, 0.5, NaN, NaN])],
  codes: (channel) =>
    channel === "label" ? { data: [0, 1, 1, 2, -1], words: ["a", "b=c", "d"] } : null,
};
const by = (rule: Rule | null) => Array.from(chosenBy(rule!, ground));

test("each rule chooses what it says, and again from its text", () => {
  const upper: Rule = { by: "box", placing: 0, west: -1, east: 1, south: 0, north: 1 };
  const cases: [Rule, number[]][] = [
    [upper, [1, 1, 0, 0, 0]],
    [lassoRule(0, [-1, -1, 0, -1, 0, 1, -1, 1]), [1, 0, 1, 0, 0]],
    [{ by: "word", channel: "label", word: "b=c" }, [0, 1, 1, 0, 0]],
    [roundRule(0, 0, 1), [1, 1, 1, 0, 0]],
    [{ by: "points", points: [4, 1] }, [0, 1, 0, 0, 1]],
  ];
  for (const [rule, chosen] of cases) {
    assert.deepEqual(by(rule), chosen);
    assert.deepEqual(ruleOf(textOf(rule)), rule);
  }
});

test("a long line is thinned to what an address holds, and its text is exact", () => {
  const line = Array.from({ length: 2000 }, (_, k) => Math.sin(k) / 1.0007);
  const rule = lassoRule(3, line);
  assert.equal(rule.by === "lasso" && rule.line.length, 80);
  assert.ok(textOf(rule).length < 500);
  assert.deepEqual(ruleOf(textOf(rule)), rule);
});

test("many single points have no rule, few have", () => {
  assert.equal(pointsRule(new Uint8Array(301).fill(1)), null);
  assert.deepEqual(pointsRule(new Uint8Array([0, 1, 0, 1])), { by: "points", points: [1, 3] });
});

test("what is no rule is none, and what is not there chooses nothing", () => {
  for (const text of [
    "",
    "lasso.0.1",
    "lasso.0.1.2.3.4.5",
    "box.0.1.2.3",
    "round.0.-1.3",
    "points.a",
    "word.label",
  ])
    assert.equal(ruleOf(text), null, text);
  assert.deepEqual(by({ by: "word", channel: "split", word: "a" }), [0, 0, 0, 0, 0]);
  assert.deepEqual(by({ by: "word", channel: "label", word: "z" }), [0, 0, 0, 0, 0]);
  assert.deepEqual(by(roundRule(7, 0, 1)), [0, 0, 0, 0, 0]);
  assert.deepEqual(by(roundRule(0, 9, 1)), [0, 0, 0, 0, 0]);
});
