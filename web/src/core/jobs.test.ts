import assert from "node:assert/strict";
import { test } from "node:test";
import { goesOn } from "./jobs.ts";

test("work that waits or runs goes on, and no other", () => {
  const states = ["waiting", "running", "done", "failed", "cancelled", "stopped"];

  assert.deepEqual(
    states.filter((state) => goesOn({ state })),
    ["waiting", "running"],
  );
});
