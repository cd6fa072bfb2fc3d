// Names on the map: each class is named above the place where most of its points lie, whatever lies elsewhere.
import type { Projection, Size } from "./camera.ts";

export interface Island {
  of: number;
  /** Middle and upper edge of the densest place, in the plane. */
  x: number;
  top: number;
  count: number;
}

/** Cells along a side of the plane; the densest place is three cells wide. */
const cells = 40;
const cellOf = (value: number) =>
  Math.min(cells - 1, Math.max(0, Math.floor(((value + 1) / 2) * cells)));

/** One island for each value that has points; the one with most points first. */
export function islandsOf(
  placed: Float32Array,
  codes: ArrayLike<number>,
  values: number,
): Island[] {
  const members: number[][] = Array.from({ length: values }, () => []);
  for (let i = 0; i < codes.length; i++) {
    if (placed[2 * i] === placed[2 * i]) members[codes[i]!]?.push(i);
  }
  const islands = members.flatMap((rows, of): Island[] => {
    if (rows.length === 0) return [];
    const [column, row] = densest(placed, rows);
    let [sum, count, top] = [0, 0, Infinity];
    for (const i of rows) {
      if (Math.abs(cellOf(placed[2 * i]!) - column) > 1) continue;
      if (Math.abs(cellOf(placed[2 * i + 1]!) - row) > 1) continue;
      sum += placed[2 * i]!;
      count++;
      top = Math.min(top, placed[2 * i + 1]!);
    }
    return [{ of, x: sum / count, top, count: rows.length }];
  });
  return islands.sort((a, b) => b.count - a.count || a.of - b.of);
}

/** Column and row of the cell that holds most points together with its eight neighbours. */
function densest(placed: Float32Array, rows: readonly number[]): [number, number] {
  const counts = new Int32Array((cells + 2) * (cells + 2));
  for (const i of rows) {
    const at = (cellOf(placed[2 * i + 1]!) + 1) * (cells + 2) + cellOf(placed[2 * i]!) + 1;
    for (let down = -1; down <= 1; down++) {
      for (let across = -1; across <= 1; across++) counts[at + down * (cells + 2) + across]!++;
    }
  }
  let best = [0, 0] as [number, number];
  let most = -1;
  for (let row = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++) {
      const count = counts[(row + 1) * (cells + 2) + column + 1]!;
      if (count > most) [best, most] = [[column, row], count];
    }
  }
  return best;
}

export interface Name {
  of: number;
  x: number;
  /** The lower edge of the word. */
  y: number;
}

/** The names on the screen; one that would meet a larger island's name is moved up, and left out where that does not help. */
export function namesOn(
  islands: readonly Island[],
  { unit, left, top }: Projection,
  { width, height }: Size,
  word: { height: number; width: (of: number) => number; rise: number },
  most = 40,
): Name[] {
  const names: (Name & { half: number })[] = [];
  for (const island of islands) {
    if (names.length === most) break;
    const x = island.x * unit + left;
    const half = word.width(island.of) / 2;
    let y = island.top * unit + top - word.rise;
    if (x < 0 || x > width || y < -word.height || y > height) continue;
    y = Math.max(word.height, y);
    const meets = () =>
      names.find(
        (other) =>
          Math.abs(other.x - x) < other.half + half + 4 && Math.abs(other.y - y) < word.height,
      );
    for (let tries = 0; tries < 4; tries++) {
      const other = meets();
      if (!other) break;
      y = other.y - word.height;
    }
    if (y < word.height || meets()) continue;
    names.push({ of: island.of, x: Math.min(width - half, Math.max(half, x)), y, half });
  }
  return names.map(({ of, x, y }) => ({ of, x, y }));
}
