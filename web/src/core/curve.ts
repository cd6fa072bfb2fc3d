// A measured line as an SVG path; where nothing was measured, the line breaks.

export function curvePath(
  xs: readonly number[],
  ys: readonly (number | null)[],
  toX: (x: number) => number,
  toY: (y: number) => number,
): string {
  let path = "";
  let broken = true;
  xs.forEach((x, i) => {
    const y = ys[i] ?? null;
    if (y === null || !Number.isFinite(y)) {
      broken = true;
      return;
    }
    // A lone point between gaps still shows, as a dot of the line's width.
    const lone = broken && (ys[i + 1] ?? null) === null ? "h0" : "";
    path += `${broken ? "M" : "L"}${toX(x).toFixed(1)} ${toY(y).toFixed(1)}${lone}`;
    broken = false;
  });
  return path;
}

export function lastMeasured(ys: readonly (number | null)[]): number {
  for (let i = ys.length - 1; i >= 0; i--) if (ys[i] !== null) return i;
  return -1;
}
