import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, saidIn, viewOf } from "./views.ts";

test("an address begins with its view", () => {
  assert.equal(viewOf(""), "explore");
  assert.equal(viewOf("#/explore?input=sample:3"), "explore");
  assert.equal(viewOf("#/design"), "design");
  assert.equal(viewOf("#/report?file=a.html"), "report");
  assert.equal(viewOf("#/train?run=a-2"), "train");
  assert.equal(viewOf("#/nothing"), "explore");
});

test("an anchor within a page names no view", () => {
  assert.equal(viewOf("#findings"), null);
  assert.equal(viewOf("#design"), null);
});

test("what is said comes back as it was", () => {
  const net = "input 1x28x28; conv 3x3 8, relu; classes 10 & more=?";
  assert.equal(saidIn(addressOf("design", { net })).get("net"), net);
  assert.equal(addressOf("report"), "#/report");
  assert.equal(saidIn("#/report").get("file"), null);
});
