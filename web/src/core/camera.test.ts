import assert from "node:assert/strict";
import { test } from "node:test";
import { home, mostZoom, panned, projection, showing, unitOf, zoomed } from "./camera.ts";

const size = { width: 636, height: 424 };
const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-6, `${a} is not ${b}`);

test("the whole plane fits with room around it", () => {
  const { unit, left, top } = projection(home, size);
  assert.deepEqual([unit, left, top], [200, 318, 212]);
});

test("what stands under the pointer stays there while it zooms", () => {
  const before = projection(home, size);
  const camera = zoomed(home, size, 4, 368, 192);
  const after = projection(camera, size);
  near((368 - before.left) / before.unit, (368 - after.left) / after.unit);
  near((192 - before.top) / before.unit, (192 - after.top) / after.unit);
  assert.equal(camera.zoom, 4);
});

test("no view is farther than the whole, none nearer than the most", () => {
  assert.deepEqual(zoomed(home, size, 0.1, 0, 0), home);
  assert.equal(zoomed(home, size, 1e9, 318, 212).zoom, mostZoom);
});

test("paper moves with the hand, and the plane is never lost", () => {
  const close = zoomed(home, size, 4, 318, 212);
  const moved = panned(close, size, 80, -40);
  near(moved.x, close.x - 80 / unitOf(close, size));
  near(moved.y, close.y + 40 / unitOf(close, size));
  const lost = panned(close, size, -1e6, 0);
  assert.ok(lost.x < 1);
});

test("a point outside is brought inside, one inside moves nothing", () => {
  const close = zoomed(home, size, 8, 318, 212);
  assert.deepEqual(showing(close, size, 0.01, 0), close);
  const there = projection(showing(close, size, 0.7, 0), size);
  const x = 0.7 * there.unit + there.left;
  assert.ok(x > 0 && x < size.width, String(x));
});
