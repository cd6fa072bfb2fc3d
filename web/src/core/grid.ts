// Where pictures of one size stand on a canvas. All lengths are device pixels, so that no pixel is ever smoothed.

export interface GridRequest {
  count: number;
  cellWidth: number;
  cellHeight: number;
  available: number;
  /** Room between columns: at least this, at most `widestGap` when the row is filled up. */
  gap: number;
  widestGap: number;
  rowGap: number;
  /** Room under each picture for its words. */
  below: number;
  /** Room around the whole for frames. */
  pad: number;
}

export interface Place {
  x: number;
  y: number;
}

export interface Grid {
  columns: number;
  rows: number;
  gap: number;
  places: Place[];
  width: number;
  height: number;
}

/** Whole-number zoom nearest to the wished side that still fits. */
export function zoomFor(pixels: number, wished: number, available: number): number {
  const fitting = Math.max(1, Math.floor(available / pixels));
  return Math.min(fitting, Math.max(1, Math.round(wished / pixels)));
}

/** Pictures without words get a smaller zoom where a narrow page would leave fewer than four of them in a row. */
export function zoomForRows(
  zoom: number,
  pixels: number,
  count: number,
  available: number,
  gap: number,
): number {
  const across = (z: number) =>
    columnsFor(count, Math.max(1, Math.floor((available + gap) / (z * pixels + gap))));
  if (count < 4) return zoom;
  for (let smaller = zoom; smaller >= 1; smaller--) if (across(smaller) >= 4) return smaller;
  return zoom;
}

/** At most `most` columns: a divisor of the count if one comes near, else rows as even as can be. */
export function columnsFor(count: number, most: number): number {
  if (count <= most) return Math.max(1, count);
  for (let columns = most; columns > most / 2; columns--) {
    if (count % columns === 0) return columns;
  }
  return Math.ceil(count / Math.ceil(count / most));
}

export function gridFor(request: GridRequest): Grid {
  const { count, cellWidth, cellHeight, gap, pad } = request;
  const room = request.available - 2 * pad;
  const most = Math.max(1, Math.floor((room + gap) / (cellWidth + gap)));
  const columns = columnsFor(count, most);
  const rows = Math.ceil(count / columns);
  const even = columns > 1 ? Math.floor((room - columns * cellWidth) / (columns - 1)) : gap;
  const between = Math.max(gap, Math.min(request.widestGap, even));
  const pitch = cellHeight + request.below + request.rowGap;
  const places = Array.from({ length: count }, (_, i) => ({
    x: pad + (i % columns) * (cellWidth + between),
    y: pad + Math.floor(i / columns) * pitch,
  }));
  return {
    columns,
    rows,
    gap: between,
    places,
    width: columns * (cellWidth + between) - between + 2 * pad,
    height: rows * pitch - request.rowGap + 2 * pad,
  };
}
