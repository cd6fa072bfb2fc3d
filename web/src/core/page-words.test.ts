import assert from "node:assert/strict";
import { test } from "node:test";

import { leftOutWords } from "./page-words.ts";

const all = { folders: ["studies"], left_out: 0, is_whole: true };

test("a list says what it leaves out, and nothing if it is whole", () => {
  assert.equal(leftOutWords(3, all), "");
  assert.equal(leftOutWords(50, { ...all, left_out: 1 }), "1 older HTML file left unopened.");
  assert.equal(
    leftOutWords(50, { ...all, left_out: 12, is_whole: false }),
    "12 older HTML files left unopened. The folders hold more files than were gone through: name a smaller one.",
  );
});

test("folders without a page say so", () => {
  assert.match(
    leftOutWords(0, all),
    /^No page .* lies in studies, or at most three folders below\.$/,
  );
});
