// Words that must not run into each other.

/** Moves heights apart to at least `gap`, in their order, as little as a single pass each way needs. */
export function spread(
  wished: readonly number[],
  gap: number,
  low: number,
  high: number,
): number[] {
  const order = wished.map((_, i) => i).sort((a, b) => wished[a]! - wished[b]!);
  const placed = order.map((i) => wished[i]!);
  for (let k = 0; k < placed.length; k++) {
    placed[k] = Math.max(placed[k]!, k > 0 ? placed[k - 1]! + gap : low);
  }
  for (let k = placed.length - 1; k >= 0; k--) {
    placed[k] = Math.min(placed[k]!, k + 1 < placed.length ? placed[k + 1]! - gap : high);
  }
  const result: number[] = new Array(wished.length);
  order.forEach((i, k) => (result[i] = placed[k]!));
  return result;
}

export interface Flag {
  at: number;
  left: number;
  /** Lines of text above the plot, 0 the lowest. */
  row: number;
}

/**
 * Words beside upright lines, like flags on poles: to the right, at the end of the axis to the left. A word that would meet a pole or a word further right is
 * hoisted above it; poles reach no higher than their own flag.
 */
export function flags(
  poles: readonly { at: number; width: number }[],
  low: number,
  high: number,
  gap = 4,
): Flag[] {
  const placed: (Flag & { right: number })[] = [];
  const order = poles.map((_, i) => i).sort((a, b) => poles[b]!.at - poles[a]!.at);
  const result: Flag[] = new Array(poles.length);
  for (const i of order) {
    const { at, width } = poles[i]!;
    const beside = at + gap + width <= high ? at + gap : at - gap - width;
    const left = Math.max(low, Math.min(high - width, beside));
    const meets = (other: (typeof placed)[0]) =>
      (other.at >= left - gap && other.at <= left + width + gap) ||
      (other.left < left + width + gap && left < other.right + gap);
    const row = placed.filter(meets).reduce((above, other) => Math.max(above, other.row + 1), 0);
    placed.push({ at, left, row, right: left + width });
    result[i] = { at, left, row };
  }
  return result;
}

/** Centred on `x`, but kept within `low` … `high`; returns the left end. */
export const kept = (x: number, width: number, low: number, high: number) =>
  Math.max(low, Math.min(high - width, x - width / 2));
