import assert from "node:assert/strict";
import { test } from "node:test";
import { fixed, grouped, measured, plain, probable, signed, powerOf } from "./numbers.ts";

test("groups begin at five digits", () => {
  assert.equal(grouped("3500"), "3500");
  assert.equal(grouped("10000"), "10\u202f000");
  assert.equal(grouped("-1234567.25"), "\u22121\u202f234\u202f567.25");
});

test("fixed decimals, no minus before zero", () => {
  assert.equal(fixed(0.125, 2), "0.13");
  assert.equal(fixed(-0.001, 2), "0.00");
  assert.equal(fixed(-3.2, 1), "\u22123.2");
});

test("signed numbers carry a plus, zero does not", () => {
  assert.equal(signed("0.80"), "+0.80");
  assert.equal(signed("\u22120.80"), "\u22120.80");
  assert.equal(signed("0"), "0");
});

test("measurements have three significant digits", () => {
  assert.equal(measured(4.5912), "4.59");
  assert.equal(measured(0.6713), "0.671");
  assert.equal(measured(117786), "117\u202f786");
  assert.equal(measured(0.00001234), "1.23e\u22125");
  assert.equal(measured(0), "0");
});

test("plain numbers keep what was written", () => {
  assert.equal(plain(100416), "100\u202f416");
  assert.equal(plain(0.1 + 0.2), "0.3");
});

test("a probability is never as good as 0 or 1", () => {
  assert.equal(probable(1), "above 0.999");
  assert.equal(probable(0.99951), "above 0.999");
  assert.equal(probable(0.8333), "0.833");
  assert.equal(probable(0.0000567), "below 0.001");
  assert.equal(probable(0), "0");
});

test("small and large numbers are counted in a power of ten", () => {
  assert.deepEqual(powerOf([0.00304, -0.00352]), { size: 0.001, name: "10⁻³" });
  assert.deepEqual(powerOf([0.5, -12]), { size: 1, name: "ones" });
  assert.deepEqual(powerOf([2.5e12]), { size: 1e12, name: "10¹²" });
  assert.deepEqual(powerOf([]), { size: 1, name: "ones" });
});
