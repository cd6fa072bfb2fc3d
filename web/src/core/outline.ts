// The border between 1 and 0 in a mask, as straight pieces in pixel coordinates.

/** Four numbers a piece: x1, y1, x2, y2. Neighbouring pieces of one line are joined. */
export function outline(mask: ArrayLike<number>, width: number, height: number): number[] {
  const at = (row: number, column: number) => (mask[row * width + column] ? 1 : 0);
  const pieces: number[] = [];
  for (let row = 1; row < height; row++) {
    runs(width, (column) => at(row - 1, column) !== at(row, column)).forEach(([from, to]) =>
      pieces.push(from, row, to, row),
    );
  }
  for (let column = 1; column < width; column++) {
    runs(height, (row) => at(row, column - 1) !== at(row, column)).forEach(([from, to]) =>
      pieces.push(column, from, column, to),
    );
  }
  return pieces;
}

function runs(length: number, holds: (i: number) => boolean): [number, number][] {
  const found: [number, number][] = [];
  let start = -1;
  for (let i = 0; i <= length; i++) {
    const inside = i < length && holds(i);
    if (inside && start < 0) start = i;
    if (!inside && start >= 0) {
      found.push([start, i]);
      start = -1;
    }
  }
  return found;
}
