import assert from "node:assert/strict";
import { test } from "node:test";
import { addressFrom, hashOf, nowhere } from "./address.ts";

test("an address holds the whole view", () => {
  const hash =
    "#/explore?input=sample:2436&layer=conv4&unit=26&at=7,5&sort=number&by=weight&about=4";

  assert.deepEqual(addressFrom(hash), {
    input: { kind: "sample", number: 2436 },
    open: "conv4",
    layer: "conv4",
    unit: 26,
    at: [7, 5],
    sort: "number",
    by: "weight",
    about: 4,
    beside: "",
    layers: "look",
    shown: "values",
    changed: [],
    kept: null,
    less: false,
    tour: "",
  });
  assert.equal(hashOf(addressFrom(hash)), hash);
});

test("a version that stands beside is in the address, and what the layers show of it", () => {
  const hash = "#/explore?input=sample:3&with=run-2/step-64&layers=difference";
  const address = addressFrom(hash);

  assert.deepEqual([address.beside, address.layers], ["run-2/step-64", "difference"]);
  assert.equal(hashOf(address), hash);
  assert.equal(addressFrom("#/explore?with=a&layers=all").layers, "look");
  assert.equal(hashOf({ ...nowhere, layers: "version" }), "#/explore");
});

test("another layer may be open than that of the unit, or none", () => {
  for (const open of ["conv1", ""]) {
    const address = { ...nowhere, layer: "layer1.0.conv2", unit: 3, open };

    assert.deepEqual(addressFrom(hashOf(address)), address);
  }
});

test("names with signs of their own come back as they were", () => {
  const address = { ...nowhere, layer: "a&b=c #1", open: "a&b=c #1" };

  assert.deepEqual(addressFrom(hashOf(address)), address);
});

test("a drawing stands in the address by its key only", () => {
  assert.equal(
    hashOf({ ...nowhere, input: { kind: "look", key: "0a1b" } }),
    "#/explore?input=look:0a1b",
  );
});

test("what is not understood is as at the start", () => {
  for (const hash of ["", "#", "#/map?unit=3", "#/explore?unit=-1&at=a,b&sort=x&input=look:../x"]) {
    assert.deepEqual(addressFrom(hash), nowhere);
  }
});

test("what is compared, changed and sent back stands in it too", () => {
  const hash =
    "#/explore?input=sample:3&shown=gradient&changed=a.b:7:-0.5;conv2:0:0&kept=look:0a1b&less=kept&tour=first-steps:3";
  const address = addressFrom(hash);

  assert.deepEqual(addressFrom(hashOf(address)), address);
  assert.deepEqual(addressFrom("#/explore?changed=a:b:1:0;conv2:5:2.5;no;x:1:y").changed, [
    { layer: "a:b", channel: 1, factor: 0 },
    { layer: "conv2", channel: 5, factor: 2.5 },
  ]);
  assert.deepEqual(
    [address.shown, address.less, address.tour],
    ["gradient", true, "first-steps:3"],
  );
  assert.deepEqual(address.kept, { kind: "look", key: "0a1b" });
});
