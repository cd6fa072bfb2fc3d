// A wall of tiles of one size, of which only those in the window are drawn. Lengths are CSS pixels.

export interface WallRequest {
  count: number;
  /** Room across. */
  available: number;
  tileWidth: number;
  tileHeight: number;
  /** Least width of a tile with its words. */
  least: number;
  gap: number;
  /** Height of the words beneath. */
  below: number;
}

export interface Wall {
  columns: number;
  rows: number;
  /** From one tile's left edge to the next one's, and from one's top to the next one's. */
  across: number;
  down: number;
  /** Of all rows together. */
  height: number;
}

/** As many tiles a row as there is room for: a power of two or thrice one, so that rows are counted easily. */
export function wallFor(request: WallRequest): Wall {
  const across = Math.max(request.tileWidth, request.least) + request.gap;
  const most = Math.max(1, Math.floor((request.available + request.gap) / across));
  let columns = 1;
  for (const steps of [1, 3]) {
    for (let fits = steps; fits <= most; fits *= 2) columns = Math.max(columns, fits);
  }
  columns = Math.min(columns, Math.max(1, request.count));
  const rows = Math.ceil(request.count / columns);
  const down = request.tileHeight + request.below + request.gap;
  return { columns, rows, across, down, height: rows * down };
}

/**
 * First and last + 1 of the rows that meet a window of that height from `top` on. Both are multiples of `step`, so that a
 * window that is scrolled needs new rows only now and then.
 */
export function rowsWithin(wall: Wall, top: number, height: number, step = 1): [number, number] {
  const pitch = wall.down * step;
  const first = step * Math.max(0, Math.floor(top / pitch));
  const last = step * Math.ceil((top + height) / pitch);
  return [Math.min(first, wall.rows), Math.min(last, wall.rows)];
}

/** Where a key leads from a place of the wall; null for other keys. `page` is a window's rows. */
export function placeAfter(
  key: string,
  place: number,
  { columns, count, page }: { columns: number; count: number; page: number },
): number | null {
  const steps: Record<string, number> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -columns,
    ArrowDown: columns,
    PageUp: -columns * Math.max(1, page),
    PageDown: columns * Math.max(1, page),
  };
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  const step = steps[key];
  if (step === undefined) return null;
  const next = place + step;
  if (next >= 0 && next < count) return next;
  // A page beyond the edge goes to the edge; an arrow beyond it stays.
  if (key === "PageUp") return place % columns;
  if (key === "PageDown") return count - 1;
  return place;
}

/** Where the tile begins that holds a point of the whole wall; null between tiles. */
export function placeAt(
  wall: Wall,
  count: number,
  { x, y }: { x: number; y: number },
): number | null {
  const column = Math.floor(x / wall.across);
  const place = Math.floor(y / wall.down) * wall.columns + column;
  return column >= 0 && column < wall.columns && place >= 0 && place < count ? place : null;
}

/** How far to scroll so that a row is seen whole: as little as need be. */
export function scrolledTo(wall: Wall, row: number, top: number, height: number): number {
  const start = row * wall.down;
  if (start < top) return start;
  return start + wall.down > top + height ? start + wall.down - height : top;
}

/** Channels in the order of their numbers' size, largest magnitude first; equals by their number. */
export function strongestFirst(values: ArrayLike<number>): number[] {
  const order = Array.from({ length: values.length }, (_, i) => i);
  return order.sort((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!) || a - b);
}
