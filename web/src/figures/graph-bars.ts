// The scales of the folded graph's bars: the longest in a column is that of its largest row in sight that is not open.
import { memoryUnits, unitFor, workUnits } from "../core/cells.ts";
import type { Tree } from "../core/graph-tree.ts";

export interface Bars {
  params: number;
  macs: number;
  kept: number;
  work: ReturnType<typeof unitFor>;
  memory: ReturnType<typeof unitFor>;
}

const largest = (numbers: readonly number[], of: readonly number[]) =>
  of.reduce((most, row) => Math.max(most, numbers[row]!), 1);

/** Units are chosen once, for the sums, so that folding moves no decimal point. */
export function barsOf(tree: Tree, visible: readonly number[], open: ReadonlySet<number>): Bars {
  const { rows } = tree;
  const closed = visible.filter((row) => !open.has(row));
  return {
    params: largest(rows.params, closed),
    macs: largest(rows.macs, closed),
    kept: largest(rows.kept_bytes, closed),
    work: unitFor(rows.macs[0]!, workUnits),
    memory: unitFor(rows.kept_bytes[0]!, memoryUnits),
  };
}
