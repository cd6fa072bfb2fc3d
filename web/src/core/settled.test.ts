import assert from "node:assert/strict";
import { test } from "node:test";
import { settled } from "./settled.ts";

test("only the last question is asked, once it has settled", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const heard: string[] = [];
  const ask = settled((text: string) => heard.push(text), 200);

  ask("a");
  context.mock.timers.tick(150);
  ask("ab");
  context.mock.timers.tick(150);
  assert.deepEqual(heard, []);
  context.mock.timers.tick(50);
  assert.deepEqual(heard, ["ab"]);
});

test("what waits can be asked at once, and then no more", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const heard: string[] = [];
  const ask = settled((text: string) => heard.push(text), 200);

  ask.flush();
  ask("a");
  ask.flush();
  context.mock.timers.tick(500);
  assert.deepEqual(heard, ["a"]);
});
