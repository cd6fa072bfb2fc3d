// What chosen points have in common: how often each value is among them, beside the whole, and whether chance would do it.

/** log n! for n up to `most`. */
export function logFactorials(most: number): Float64Array {
  const logs = new Float64Array(most + 1);
  for (let n = 2; n <= most; n++) logs[n] = logs[n - 1]! + Math.log(n);
  return logs;
}

/**
 * How likely it is that `drawn` of `whole` points, drawn blindly, hold `found` or something rarer on the same side of `marked`:
 * both tails of the hypergeometric law, the smaller one doubled.
 */
export function byChance(
  whole: number,
  marked: number,
  drawn: number,
  found: number,
  logs: Float64Array,
): number {
  const choose = (n: number, k: number) => logs[n]! - logs[k]! - logs[n - k]!;
  const all = choose(whole, drawn);
  const likely = (k: number) =>
    Math.exp(choose(marked, k) + choose(whole - marked, drawn - k) - all);
  const least = Math.max(0, drawn - (whole - marked));
  const most = Math.min(marked, drawn);
  let above = 0;
  for (let k = found; k <= most; k++) above += likely(k);
  let below = 0;
  for (let k = least; k <= found; k++) below += likely(k);
  return Math.min(1, 2 * Math.min(above, below));
}

export interface Shared {
  value: number;
  /** Of the chosen points that have it, and of all. */
  here: number;
  everywhere: number;
  /** Times as often as in the whole. */
  ratio: number;
  /** The chance of it, times the number of values asked about; at most 1. */
  chance: number;
}

/** How often each value is among the chosen, the commonest first. Points of code −1 are not known and count nowhere. */
export function shared(
  codes: ArrayLike<number>,
  values: number,
  chosen: Uint8Array,
  logs: Float64Array,
): { rows: Shared[]; known: number; whole: number } {
  const here = new Array<number>(values).fill(0);
  const everywhere = new Array<number>(values).fill(0);
  let [known, whole] = [0, 0];
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    if (code < 0 || code >= values) continue;
    everywhere[code]!++;
    whole++;
    if (!chosen[i]) continue;
    here[code]!++;
    known++;
  }
  const asked = everywhere.filter((count) => count > 0).length;
  const rows = everywhere.flatMap((count, value): Shared[] => {
    if (count === 0 || known === 0) return [];
    const found = here[value]!;
    const chance = Math.min(1, asked * byChance(whole, count, known, found, logs));
    const ratio = found / known / (count / whole);
    return [{ value, here: found, everywhere: count, ratio, chance }];
  });
  rows.sort((a, b) => b.here - a.here || a.value - b.value);
  return { rows, known, whole };
}

/** The middle value of those that are numbers; NaN of none. */
export function median(values: ArrayLike<number>, chosen: Uint8Array | null): number {
  const kept: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if ((!chosen || chosen[i]) && values[i] === values[i]) kept.push(values[i]!);
  }
  kept.sort((a, b) => a - b);
  const half = kept.length / 2;
  if (kept.length === 0) return NaN;
  return kept.length % 2 ? kept[Math.floor(half)]! : (kept[half - 1]! + kept[half]!) / 2;
}
