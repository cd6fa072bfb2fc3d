import assert from "node:assert/strict";
import { test } from "node:test";
import { nameOf } from "./frozen-names.ts";

test("sizes of pictures are no part of a name", () => {
  assert.deepEqual(nameOf("api/looks/0a1b/walls/3?side=28"), { name: "0a1b/walls/3" });
  assert.deepEqual(nameOf("api/looks/0a1b/walls/3?side=56"), { name: "0a1b/walls/3" });
  assert.deepEqual(nameOf("api/looks/0a1b/strips?first=2&last=5&count=9&side=30"), {
    name: "0a1b/strips",
    rows: [2, 5],
    count: 9,
  });
});

test("a neuron is called by its place and its order", () => {
  const asked = "api/looks/0a1b/neurons/2/7?at=3,4&by=weight&about=1&top=12";

  assert.deepEqual(nameOf(asked), { name: "0a1b/neurons/2/7/3,4/weight" });
  assert.deepEqual(nameOf("api/looks/0a1b/effective/2/7?at="), {
    name: "0a1b/neurons/2/7//effective",
  });
  assert.deepEqual(nameOf("api/looks/0a1b/channels/2?which=7,1&side=140"), {
    name: "0a1b/walls/2",
    which: [7, 1],
  });
});

test("an input is called as an address names it", () => {
  assert.deepEqual(nameOf("api/looks/sample", { sample: 12 }), { name: "input/sample:12" });
  assert.deepEqual(nameOf("api/looks/0a1b"), { name: "look/0a1b" });
});

test("the one version that is kept stands beside a look, and its filters are not kept", () => {
  assert.deepEqual(nameOf("api/versions"), { name: "versions" });
  assert.deepEqual(nameOf("api/looks/0a/beside?version=step-4"), { name: "0a/beside" });
  assert.equal(nameOf("api/versions/filters?version=step-4"), null);
});

test("gradients by their output, whole and in strips", () => {
  assert.deepEqual(nameOf("api/looks/0a/backward?about=4"), { name: "0a/backward/4" });
  assert.deepEqual(nameOf("api/looks/0a/backward/strips?about=4&first=0&last=1&count=12"), {
    name: "0a/backward/4",
    rows: [0, 1],
    count: 12,
  });
});

test("what needs the network has no name", () => {
  for (const path of ["api/jobs/survey", "api/tours", "api/looks/0a/files/1"]) {
    assert.equal(nameOf(path), null);
  }
});
