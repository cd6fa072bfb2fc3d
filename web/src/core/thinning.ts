// Pictures on the map: as many as fit without one touching another.
import type { Projection, Size } from "./camera.ts";

/** At most this many are drawn: more cost a frame, and nobody looks at more. */
export const mostPictures = 1500;

/**
 * Of the candidates, in their order, those whose square of `side` pixels meets no square taken before; only those on the screen.
 * A cell of the grid is as wide as a picture, so a neighbour that meets it lies in one of nine cells.
 */
export function thinned(
  candidates: ArrayLike<number>,
  placed: Float32Array,
  { unit, left, top }: Projection,
  { width, height }: Size,
  side: number,
  most = mostPictures,
): number[] {
  const columns = Math.ceil(width / side) + 3;
  const rows = Math.ceil(height / side) + 3;
  const cells = new Int32Array(columns * rows).fill(-1);
  const chosen: number[] = [];
  const places: number[] = [];
  for (let k = 0; k < candidates.length && chosen.length < most; k++) {
    const i = candidates[k]!;
    const x = placed[2 * i]! * unit + left;
    const y = placed[2 * i + 1]! * unit + top;
    if (!(x >= -side && y >= -side && x <= width + side && y <= height + side)) continue;
    const column = Math.floor(x / side) + 1;
    const row = Math.floor(y / side) + 1;
    if (meets(cells, columns, rows, column, row, places, x, y, side)) continue;
    cells[row * columns + column] = chosen.length;
    chosen.push(i);
    places.push(x, y);
  }
  return chosen;
}

function meets(
  cells: Int32Array,
  columns: number,
  rows: number,
  column: number,
  row: number,
  places: readonly number[],
  x: number,
  y: number,
  side: number,
): boolean {
  for (let r = Math.max(0, row - 1); r <= Math.min(rows - 1, row + 1); r++) {
    for (let c = Math.max(0, column - 1); c <= Math.min(columns - 1, column + 1); c++) {
      const other = cells[r * columns + c]!;
      if (other < 0) continue;
      if (Math.abs(places[2 * other]! - x) < side && Math.abs(places[2 * other + 1]! - y) < side)
        return true;
    }
  }
  return false;
}
