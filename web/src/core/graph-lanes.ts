// The lines of the folded graph, one strip a row: strips beneath each other are one drawing, however many rows are open.
import { holds } from "./graph-tree.ts";
import type { Tree } from "./graph-tree.ts";

export interface Metrics {
  /** Width of a lane, of the room between the lanes of a module and those of what it holds, heights of a row and of an end. */
  lane: number;
  gap: number;
  row: number;
  end: number;
}

export interface Strip {
  lines: string;
  dot: { x: number; y: number };
  /** Where the words begin. */
  words: number;
  height: number;
}

/** Left edge of the lanes among what a row holds. */
export function lanesLeft(tree: Tree, row: number, { lane, gap }: Metrics): number {
  let left = 0;
  for (let up = row; up > 0; up = tree.parent[up]!) {
    left += tree.rows.width[tree.parent[up]!]! * lane + gap;
  }
  return left;
}

/** How many modules end with a row that is followed by another: those that hold the one and not the other. */
export function endsAfter(tree: Tree, row: number, next: number | undefined): number {
  const level = next === undefined ? 0 : tree.level[next]!;
  return Math.max(0, tree.level[row]! - level);
}

export const stripHeight = (ends: number, metrics: Metrics) => metrics.row + ends * metrics.end;

function curve(x0: number, y0: number, x1: number, y1: number): string {
  if (x0 === x1) return `M${x0} ${y0}V${y1}`;
  const middle = (y0 + y1) / 2;
  return `M${x0} ${y0}C${x0} ${middle} ${x1} ${middle} ${x1} ${y1}`;
}

/** The strip of a row; `ends` modules end with it, the innermost first. */
export function stripOf(
  tree: Tree,
  row: number,
  isOpen: boolean,
  ends: number,
  metrics: Metrics,
): Strip {
  const { rows, parent } = tree;
  const x = (held: number, lane: number) =>
    lanesLeft(tree, held, metrics) + (lane + 0.5) * metrics.lane;
  const home = parent[row]!;
  const bottom = metrics.row;
  const dot = { x: x(home, rows.at[row]!), y: bottom / 2 };
  const parts: string[] = [];
  const pass = (inner: number, from: number, to: number) => {
    for (const lane of rows.passes[inner]!)
      parts.push(curve(x(parent[inner]!, lane), from, x(parent[inner]!, lane), to));
  };
  // What passes by the modules that hold this row, and by the row itself.
  for (let inner = row; inner > 0; inner = parent[inner]!) pass(inner, 0, bottom);
  for (const lane of rows.reads_lanes[row]!) parts.push(curve(x(home, lane), 0, dot.x, dot.y));
  if (isOpen && holds(tree, row)) {
    for (const lane of rows.enters[row]!) parts.push(curve(dot.x, dot.y, x(row, lane), bottom));
  } else if (rows.to[row]! >= 0) {
    parts.push(curve(dot.x, dot.y, x(home, rows.to[row]!), bottom));
  }
  let ending = home;
  for (let end = 0; end < ends; end++) {
    const top = bottom + end * metrics.end;
    const foot = top + metrics.end;
    for (let inner = ending; inner > 0; inner = parent[inner]!) pass(inner, top, foot);
    for (const lane of rows.leaves[ending]!) {
      const to = ending > 0 ? rows.to[ending]! : lane;
      const outer = ending > 0 ? parent[ending]! : 0;
      if (to >= 0) parts.push(curve(x(ending, lane), top, x(outer, to), foot));
    }
    ending = parent[ending]!;
  }
  return {
    lines: parts.join(""),
    dot,
    words: lanesLeft(tree, home, metrics) + rows.width[home]! * metrics.lane + metrics.gap,
    height: stripHeight(ends, metrics),
  };
}

/** Where each visible row begins, and at the end how high all are. */
export function tops(tree: Tree, visible: readonly number[], metrics: Metrics): Float64Array {
  const found = new Float64Array(visible.length + 1);
  visible.forEach((row, i) => {
    found[i + 1] = found[i]! + stripHeight(endsAfter(tree, row, visible[i + 1]), metrics);
  });
  return found;
}

/** First row that reaches beyond a height, by halves. */
export function rowAt(heights: Float64Array, y: number): number {
  let low = 0;
  let high = heights.length - 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (heights[middle + 1]! > y) high = middle;
    else low = middle + 1;
  }
  return Math.max(0, low);
}
