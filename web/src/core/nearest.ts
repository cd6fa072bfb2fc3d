// Finding points by looking at all of them: up to a million needs no index.

/** The point nearest to (x, y) of the plane, at most `reach` away, or −1. Points of turn 0 are not there. */
export function nearestPoint(
  placed: Float32Array,
  turn: Uint8Array,
  x: number,
  y: number,
  reach: number,
): number {
  let best = -1;
  let least = reach * reach;
  for (let i = 0; i < turn.length; i++) {
    if (turn[i] === 0) continue;
    const dx = placed[2 * i]! - x;
    const dy = placed[2 * i + 1]! - y;
    const distance = dx * dx + dy * dy;
    if (distance <= least) [best, least] = [i, distance];
  }
  return best;
}

/**
 * The nearest point that lies in a direction from another: within 45° of it, and at least `step` away so that a key moves visibly.
 * Without one so far, the nearest at all; −1 where none lies that way.
 */
export function nextPoint(
  placed: Float32Array,
  turn: Uint8Array,
  from: number,
  way: readonly [number, number],
  step: number,
): number {
  let [far, farthest, near, nearest] = [-1, Infinity, -1, Infinity];
  const [x, y] = [placed[2 * from]!, placed[2 * from + 1]!];
  for (let i = 0; i < turn.length; i++) {
    if (turn[i] === 0 || i === from) continue;
    const dx = placed[2 * i]! - x;
    const dy = placed[2 * i + 1]! - y;
    const along = dx * way[0] + dy * way[1];
    const aside = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
    if (!(along > 0) || aside > along) continue;
    // A point aside of the way is farther than it looks.
    const distance = along + 2 * aside;
    if (along >= step && distance < farthest) [far, farthest] = [i, distance];
    if (distance < nearest) [near, nearest] = [i, distance];
  }
  return far >= 0 ? far : near;
}

/** The `count` points nearest to a point on the map, the nearest first. */
export function aroundPoint(placed: Float32Array, from: number, count: number): number[] {
  const found: { i: number; distance: number }[] = [];
  const [x, y] = [placed[2 * from]!, placed[2 * from + 1]!];
  for (let i = 0; 2 * i < placed.length; i++) {
    if (i === from) continue;
    const distance = (placed[2 * i]! - x) ** 2 + (placed[2 * i + 1]! - y) ** 2;
    if (!(found.length < count || distance < found[found.length - 1]!.distance)) continue;
    if (distance !== distance) continue;
    found.push({ i, distance });
    found.sort((a, b) => a.distance - b.distance);
    if (found.length > count) found.pop();
  }
  return found.map(({ i }) => i);
}
