// A sum as a waterfall: where the running total was before each number, and where it went.

export interface Step {
  from: number;
  to: number;
}

export interface Waterfall {
  steps: Step[];
  /** The ends of an axis that holds zero and every running total. */
  low: number;
  high: number;
  total: number;
}

export function waterfall(numbers: readonly number[]): Waterfall {
  let [total, low, high] = [0, 0, 0];
  const steps = numbers.map((number) => {
    const from = total;
    total += number;
    low = Math.min(low, total);
    high = Math.max(high, total);
    return { from, to: total };
  });
  return { steps, low, high, total };
}
