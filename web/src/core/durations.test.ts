import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "./durations.ts";

test("durations are said in the two largest units", () => {
  const said = [0.42, 1, 59.4, 59.6, 60, 250, 3600, 7503].map((value) =>
    seconds(value).replaceAll("\u202f", " "),
  );
  assert.deepEqual(said, [
    "0.4 s",
    "1 s",
    "59 s",
    "1 min",
    "1 min",
    "4 min 10 s",
    "1 h 0 min",
    "2 h 5 min",
  ]);
});
