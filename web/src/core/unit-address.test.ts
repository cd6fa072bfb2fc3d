import assert from "node:assert/strict";
import { test } from "node:test";
import { addressFrom } from "./address.ts";
import { exploreAddress, unitAddress, unitIn } from "./unit-address.ts";
import { viewOf } from "./views.ts";

const rows = [
  { name: "conv1", channels: 8, sizes: [14, 10] },
  { name: "layer1.0 & x=2", channels: 3, sizes: [] },
];

test("a unit's page comes back from its address", () => {
  const hash = unitAddress("layer1.0 & x=2", 2);

  assert.equal(viewOf(hash), "unit");
  assert.deepEqual(unitIn(hash, rows), { row: 1, channel: 2 });
});

test("a unit that the network has not is none", () => {
  for (const said of ["layer=conv1&unit=8", "layer=conv9&unit=1", "layer=conv1", "unit=1", ""])
    assert.equal(unitIn(`#/unit?${said}`, rows), null);
});

test("it is found in the explorer at its place, else in the middle of its map", () => {
  const there = addressFrom(exploreAddress(rows[0]!, 3, 12, [4, 9]));
  const middle = addressFrom(exploreAddress(rows[0]!, 3));

  assert.deepEqual([there.layer, there.unit, there.at], ["conv1", 3, [4, 9]]);
  assert.deepEqual(there.input, { kind: "sample", number: 12 });
  assert.deepEqual([middle.at, middle.input], [[7, 5], null]);
  assert.deepEqual(addressFrom(exploreAddress(rows[1]!, 1, null, [3])).at, []);
});
