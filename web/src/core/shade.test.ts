import assert from "node:assert/strict";
import { test } from "node:test";
import { lookupTable, pixel } from "./oklab.ts";
import { fraction, shadeOf } from "./shade.ts";
import type { Scale } from "../wire.ts";

const tables = {
  sequential: lookupTable(["#fcfcfa", "#000000"]),
  diverging: lookupTable(["#0000ff", "#fcfcfa", "#ff0000"]),
};
const scale = (kind: Scale["kind"], low: number, high: number): Scale => ({
  kind,
  low,
  high,
  unit: "",
});

test("zero is the middle of a signed scale and the start of a magnitude", () => {
  assert.equal(fraction(scale("diverging", -2, 2), 0), 0.5);
  assert.equal(fraction(scale("sequential", 0, 4), 0), 0);
  assert.equal(fraction(scale("grey", 10, 20), 15), 0.5);
});

test("an empty scale does not divide by zero", () => {
  assert.equal(fraction(scale("sequential", 0, 0), 0), 0);
  assert.equal(fraction(scale("diverging", 0, 0), 0), 0.5);
});

test("int8 and float32 with the same value get the same pixel", () => {
  const signed = scale("diverging", -1, 1);
  const small = { shape: [1], data: Int8Array.of(-127), scale: 1 / 127 };
  const wide = { shape: [1], data: Float32Array.of(-1), scale: 1 };
  assert.equal(shadeOf(small, signed, tables)(small.data, 0), pixel(0, 0, 255));
  assert.equal(shadeOf(wide, signed, tables)(wide.data, 0), pixel(0, 0, 255));
});

test("colour is taken as stored", () => {
  const image = { shape: [1, 1, 1, 3], data: Uint8Array.of(1, 2, 3), scale: 1 };
  assert.equal(shadeOf(image, scale("colour", 0, 255), tables)(image.data, 0), pixel(1, 2, 3));
});
