// Prediction maps: where a position looks on the image, which positions pass a threshold, what one position says.

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Places {
  size_px: readonly [number, number];
  stride_px: readonly [number, number];
  centre_px: readonly [number, number];
  field_px: readonly [number, number] | null;
  crop_px: readonly [number, number];
}

/** The part of the image a position can see, cut at the border; null where it is not known. */
export function fieldOf(places: Places, row: number, column: number): Box | null {
  if (places.field_px === null) return null;
  const first = (axis: 0 | 1, place: number) =>
    places.centre_px[axis] + place * places.stride_px[axis] - (places.field_px![axis] - 1) / 2;
  return cut(places, first(0, row), first(1, column), places.field_px);
}

/** The crop for which a position answers, cut at the border. */
export function cropOf(places: Places, row: number, column: number): Box {
  const [down, right] = places.stride_px;
  return cut(places, row * down, column * right, places.crop_px);
}

function cut(
  { size_px: [height, width] }: Places,
  top: number,
  left: number,
  [tall, wide]: readonly [number, number],
): Box {
  const y = Math.max(0, top);
  const x = Math.max(0, left);
  return {
    x,
    y,
    width: Math.max(0, Math.min(width, left + wide) - x),
    height: Math.max(0, Math.min(height, top + tall) - y),
  };
}

/** 1 where a map is at or above the threshold, with a border of 0, so that an outline closes at the map's edge. */
export function above(
  map: ArrayLike<number>,
  rows: number,
  columns: number,
  threshold: number,
): Uint8Array {
  const mask = new Uint8Array((rows + 2) * (columns + 2));
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      if (map[row * columns + column]! >= threshold)
        mask[(row + 1) * (columns + 2) + column + 1] = 1;
  return mask;
}

/** The largest outputs at a position, the largest first, as numbers of the list of maps. */
export function topAt(
  maps: ArrayLike<number>,
  count: number,
  positions: number,
  position: number,
  most: number,
): number[] {
  return Array.from({ length: count }, (_, i) => i)
    .sort((a, b) => maps[b * positions + position]! - maps[a * positions + position]! || a - b)
    .slice(0, most);
}
