// Which place of a map a key goes to.

/**
 * Arrows walk rows and columns, Page Up and Page Down the planes of a volume; the border holds.
 * Null for a key that is none of these or an axis that is not there.
 */
export function movedTo(
  key: string,
  at: readonly number[],
  sizes: readonly number[],
): number[] | null {
  const axisFromEnd: Record<string, [number, number]> = {
    ArrowLeft: [1, -1],
    ArrowRight: [1, 1],
    ArrowUp: [2, -1],
    ArrowDown: [2, 1],
    PageUp: [3, -1],
    PageDown: [3, 1],
  };
  const [fromEnd, step] = axisFromEnd[key] ?? [0, 0];
  const axis = at.length - fromEnd;
  if (fromEnd === 0 || axis < 0) return null;
  const most = (sizes[axis] ?? 1) - 1;
  return at.map((place, i) => (i === axis ? Math.min(most, Math.max(0, place + step)) : place));
}

/** The place of a map that a point on its picture lies in. Planes of a volume stay as they are. */
export function placeAt(
  point: { x: number; y: number },
  at: readonly number[],
  sizes: readonly number[],
): number[] {
  const last = at.length - 1;
  const share: Record<number, number> = { [last]: point.x, [last - 1]: point.y };
  return at.map((place, axis) => {
    const size = sizes[axis] ?? 1;
    const along = share[axis];
    return along === undefined ? place : Math.min(size - 1, Math.max(0, Math.floor(along * size)));
  });
}
