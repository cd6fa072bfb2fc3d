import assert from "node:assert/strict";
import { test } from "node:test";
import { colourStops, fileStem, linesOf } from "./figure-words.ts";

test("words on one line are joined, and a word further left begins another", () => {
  const words = [
    { text: "the", left: 0, top: 10 },
    { text: "layer", left: 20, top: 10.5 },
    { text: "below", left: 0, top: 26 },
    { text: "again", left: 0, top: 26 },
  ];
  assert.deepEqual(linesOf(words), [
    { text: "the layer", left: 0, top: 10 },
    { text: "below", left: 0, top: 26 },
    { text: "again", left: 0, top: 26 },
  ]);
});

test("a ramp has its colours, and a picture has none", () => {
  const ramp = "linear-gradient(to right in oklab, rgb(1, 2, 3), rgba(4, 5, 6, 0.5) 50%, #abcdef)";
  assert.deepEqual(colourStops(ramp), ["rgb(1, 2, 3)", "rgba(4, 5, 6, 0.5)", "#abcdef"]);
  assert.deepEqual(colourStops("none"), []);
  assert.deepEqual(colourStops('url("a.png")'), []);
});

test("a file is called by the first words", () => {
  assert.equal(
    fileStem("conv1, channel 3: What it’s made of, all told"),
    "conv1-channel-3-what-it-s",
  );
  assert.equal(fileStem("…"), "striate");
});
