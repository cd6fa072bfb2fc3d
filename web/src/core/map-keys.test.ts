import assert from "node:assert/strict";
import { test } from "node:test";
import { actionOf } from "./map-keys.ts";

const key = (name: string, held: object = {}) =>
  actionOf({ key: name, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held });

test("arrows step, with shift they move the view", () => {
  assert.deepEqual(key("ArrowLeft"), { do: "step", way: [-1, 0] });
  assert.deepEqual(key("ArrowDown", { shiftKey: true }), { do: "pan", way: [0, 1] });
});

test("the browser keeps its own keys", () => {
  for (const held of [{ altKey: true }, { ctrlKey: true }, { metaKey: true }]) {
    assert.equal(key("ArrowLeft", held), null);
    assert.equal(key("l", held), null);
  }
  assert.equal(key("Tab"), null);
});

test("undo by the usual keys and by a letter", () => {
  assert.deepEqual(key("z", { ctrlKey: true }), { do: "undo" });
  assert.deepEqual(key("u"), { do: "undo" });
});
