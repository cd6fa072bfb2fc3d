// A gradient on its way back: which rows it has reached, how long it stays at each, and the ruler of its norms.

/** A row's time; long networks are gone through faster, so that nobody waits longer than for thirty rows. */
export const stepMs = (rows: number) => Math.min(240, (30 * 240) / Math.max(1, rows));

/** Powers of ten that hold every norm that is above zero. */
export function rulerFor(norms: readonly number[]): { low: number; high: number } {
  const powers = norms.filter((norm) => norm > 0).map(Math.log10);
  if (powers.length === 0) return { low: 0, high: 1 };
  const low = Math.floor(Math.min(...powers));
  return { low, high: Math.max(low + 1, Math.ceil(Math.max(...powers))) };
}

/** Runs of at most `most` neighbouring rows, last to first: in this order they are needed. */
export function runsBack(rows: number, most: number): [number, number][] {
  const runs: [number, number][] = [];
  for (let last = rows; last > 0; last -= most) runs.push([Math.max(0, last - most), last]);
  return runs;
}
