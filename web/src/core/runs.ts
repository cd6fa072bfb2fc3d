// Rows that are asked for together.

/** Neighbouring numbers as [first, last + 1], at most `most` in one; gaps of up to `gap` numbers are asked for as well. */
export function runsOf(numbers: Iterable<number>, most: number, gap = 0): [number, number][] {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const runs: [number, number][] = [];
  for (const number of sorted) {
    const run = runs.at(-1);
    if (run && number - run[1] <= gap && number + 1 - run[0] <= most) run[1] = number + 1;
    else runs.push([number, number + 1]);
  }
  return runs;
}
