import assert from "node:assert/strict";
import { test } from "node:test";
import { tourAt, tourFrom } from "./tour-place.ts";

test("steps are counted from one in an address, and from zero here", () => {
  assert.deepEqual(tourAt("first-steps:3"), { name: "first-steps", index: 2 });
});

test("what is no step of a tour is none", () => {
  for (const text of ["", "first-steps", "first-steps:0", "First:1", "a:1:2"]) {
    assert.equal(tourAt(text), null);
  }
});

test("an address holds a step, or nothing of a tour", () => {
  assert.equal(tourFrom("first-steps:3"), "first-steps:3");
  for (const text of [null, "", "first-steps:0", `${"a".repeat(41)}:1`]) {
    assert.equal(tourFrom(text), "");
  }
});
