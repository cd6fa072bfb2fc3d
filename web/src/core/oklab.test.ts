import assert from "node:assert/strict";
import { test } from "node:test";
import { labOfRgb, lookupTable, pixel, rgbOfHex, rgbOfLab } from "./oklab.ts";

test("every colour survives the way to OKLab and back", () => {
  for (const hex of ["#000000", "#ffffff", "#057375", "#b05205", "#16387c", "#fcfcfa"]) {
    const rgb = rgbOfHex(hex);
    assert.deepEqual(rgbOfLab(labOfRgb(rgb)), rgb);
  }
});

test("a table begins and ends with its anchors and darkens in equal steps", () => {
  const table = lookupTable(["#ffffff", "#000000"]);
  assert.equal(table[0], pixel(255, 255, 255));
  assert.equal(table[255], pixel(0, 0, 0));
  const middle = table[128]! & 255;
  const [lightness] = labOfRgb([middle, middle, middle]);
  assert.ok(Math.abs(lightness - 127 / 255) < 0.01);
});

test("the anchor in the middle of nine is met", () => {
  const anchors = Array.from({ length: 9 }, (_, i) => (i === 4 ? "#fcfcfa" : "#102030"));
  const table = lookupTable(anchors);
  const near = [table[127]! & 255, table[128]! & 255];
  assert.ok(near.every((red) => red > 240));
});

test("a word is not a colour", () => {
  assert.throws(() => rgbOfHex("teal"), /#rrggbb/);
});
