// Choosing points: by a line drawn round them, by a circle, one by one. Choices are never changed, only replaced.
import type { Projection } from "./camera.ts";

/** 1 for each chosen point. */
export type Chosen = Uint8Array;

export function countOf(chosen: Chosen): number {
  let count = 0;
  for (const one of chosen) count += one;
  return count;
}

export const rowsOf = (chosen: Chosen): number[] => {
  const rows: number[] = [];
  chosen.forEach((one, i) => one && rows.push(i));
  return rows;
};

/** Points within a closed line of screen coordinates (x, y, x, y …), by how often a ray to the right crosses it. */
export function lassoed(
  placed: Float32Array,
  { unit, left, top }: Projection,
  line: readonly number[],
): Chosen {
  const chosen = new Uint8Array(placed.length / 2);
  if (line.length < 6) return chosen;
  let [west, north, east, south] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let k = 0; k < line.length; k += 2) {
    west = Math.min(west, line[k]!);
    east = Math.max(east, line[k]!);
    north = Math.min(north, line[k + 1]!);
    south = Math.max(south, line[k + 1]!);
  }
  for (let i = 0; i < chosen.length; i++) {
    const x = placed[2 * i]! * unit + left;
    const y = placed[2 * i + 1]! * unit + top;
    if (x >= west && x <= east && y >= north && y <= south && encloses(line, x, y)) chosen[i] = 1;
  }
  return chosen;
}

function encloses(line: readonly number[], x: number, y: number): boolean {
  let inside = false;
  for (let k = 0, before = line.length - 2; k < line.length; before = k, k += 2) {
    const [x1, y1, x2, y2] = [line[k]!, line[k + 1]!, line[before]!, line[before + 1]!];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}

/** Points at most `radius` units of the plane from a point, itself included. */
export function encircled(placed: Float32Array, centre: number, radius: number): Chosen {
  const chosen = new Uint8Array(placed.length / 2);
  const [x, y] = [placed[2 * centre]!, placed[2 * centre + 1]!];
  for (let i = 0; i < chosen.length; i++) {
    if ((placed[2 * i]! - x) ** 2 + (placed[2 * i + 1]! - y) ** 2 <= radius ** 2) chosen[i] = 1;
  }
  return chosen;
}

/** With one point taken in, or put out if it was in. */
export function flipped(chosen: Chosen | null, point: number, count: number): Chosen {
  const next = chosen ? chosen.slice() : new Uint8Array(count);
  next[point] = next[point] ? 0 : 1;
  return next;
}
