import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleOf } from "./sample-place.ts";

test("a place of these data is a number, any other is none", () => {
  assert.equal(sampleOf("digits:17", "digits"), 17);
  assert.equal(sampleOf("digits:0", "digits"), 0);
  assert.equal(sampleOf("C:/photos:3", "C:/photos"), 3);
  for (const place of ["digits:", "digits:-1", "digits:1.5", "photos:17", "17", ""]) {
    assert.equal(sampleOf(place, "digits"), null, place);
  }
  assert.equal(sampleOf(":4", ""), null);
});
