/** Where a norm stands on a ruler of powers of ten, in percent of its length; null for zero, which has no place on it. */
export function rulerPlace(norm: number, low: number, high: number): number | null {
  if (!(norm > 0)) return null;
  return (100 * (Math.log10(norm) - low)) / Math.max(1, high - low);
}
