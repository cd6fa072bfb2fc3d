// The folded graph as a tree: which rows are seen, what a key does, who reads whom.
import type { Graph } from "../wire.ts";

export interface Tree {
  rows: Graph["rows"];
  /** Row that holds each row; -1 for the whole network, which is row 0 and never drawn. */
  parent: number[];
  level: number[];
  path: string[];
  /** Place among what its parent holds, from 1, and how many that holds. */
  place: number[];
  siblings: number[];
  readers: number[][];
  /** Rows with a finding in them, gravest first. */
  findings: Map<number, number[]>;
}

const gravity = ["error", "warning", "note", "ok"];

export function treeOf(figure: Pick<Graph, "rows" | "findings">): Tree {
  const { rows } = figure;
  const count = rows.sort.length;
  const parent: number[] = new Array(count).fill(-1);
  const level: number[] = new Array(count).fill(0);
  const place: number[] = new Array(count).fill(1);
  const siblings: number[] = new Array(count).fill(1);
  const path: string[] = new Array(count).fill("");
  const readers: number[][] = rows.sort.map(() => []);
  for (let row = 0; row < count; row++) {
    const held = childrenOf(rows, row);
    held.forEach((child, i) => {
      parent[child] = row;
      level[child] = level[row]! + 1;
      place[child] = i + 1;
      siblings[child] = held.length;
    });
    path[row] = rows.path[row] || [modulePath(row), rows.name[row]].filter(Boolean).join(".");
    for (const source of rows.reads[row]!) readers[source]!.push(row);
  }
  function modulePath(row: number): string {
    let up = parent[row]!;
    while (up > 0 && (rows.sort[up] === "layer" || rows.sort[up] === "repeat")) up = parent[up]!;
    return up > 0 ? path[up]! : "";
  }
  const findings = new Map<number, number[]>();
  figure.findings.forEach((finding, number) => {
    for (let row = finding.row; row >= 0; row = parent[row]!) {
      findings.set(row, [...(findings.get(row) ?? []), number]);
    }
  });
  const grave = (number: number) => gravity.indexOf(figure.findings[number]!.severity);
  for (const numbers of findings.values()) numbers.sort((a, b) => grave(a) - grave(b) || a - b);
  return { rows, parent, level, place, siblings, path, readers, findings };
}

export function childrenOf(rows: Graph["rows"], row: number): number[] {
  const found: number[] = [];
  for (let child = row + 1; child < rows.end[row]!; child = rows.end[child]!) found.push(child);
  return found;
}

export const holds = (tree: Tree, row: number) => tree.rows.end[row]! > row + 1;

export function visibleRows(tree: Tree, open: ReadonlySet<number>): number[] {
  const { end } = tree.rows;
  const found: number[] = [];
  for (let row = 1; row < end.length; row = open.has(row) ? row + 1 : end[row]!) found.push(row);
  return found;
}

export const allOpen = (tree: Tree) =>
  new Set(tree.parent.map((_, row) => row).filter((row) => row > 0 && holds(tree, row)));

/** Modules are opened level by level, as long as a reader can see all of it at once; layers and repeats stay folded. */
export function firstOpen(tree: Tree, most: number): Set<number> {
  const open = new Set<number>();
  let front = childrenOf(tree.rows, 0);
  let seen = front.length;
  while (front.length > 0) {
    const modules = front.filter((row) => tree.rows.sort[row] === "module");
    const next = modules.flatMap((row) => childrenOf(tree.rows, row));
    if (next.length === 0 || seen + next.length > most) break;
    modules.forEach((row) => open.add(row));
    seen += next.length;
    front = next;
  }
  return open;
}

/** What must be open for a row to be seen. */
export function revealed(tree: Tree, open: ReadonlySet<number>, row: number): Set<number> {
  const found = new Set(open);
  for (let up = tree.parent[row]!; up > 0; up = tree.parent[up]!) found.add(up);
  return found;
}

export function toggled(open: ReadonlySet<number>, row: number): Set<number> {
  const found = new Set(open);
  if (!found.delete(row)) found.add(row);
  return found;
}

/** The row itself or the nearest that holds it and is seen: where the focus goes when a module is folded. */
export function seenInstead(tree: Tree, open: ReadonlySet<number>, row: number): number {
  let shown = row;
  for (let up = tree.parent[row]!; up > 0; up = tree.parent[up]!) if (!open.has(up)) shown = up;
  return shown;
}

export interface Step {
  focus: number;
  open: ReadonlySet<number>;
}

const page = 10;

/** What a key does in a tree grid; null where it does nothing here and the page may have it. */
export function stepped(
  tree: Tree,
  visible: readonly number[],
  open: ReadonlySet<number>,
  focus: number,
  key: string,
): Step | null {
  const at = visible.indexOf(focus);
  const to = (place: number): Step => ({
    focus: visible[Math.max(0, Math.min(visible.length - 1, place))]!,
    open,
  });
  switch (key) {
    case "ArrowDown":
      return to(at + 1);
    case "ArrowUp":
      return to(at - 1);
    case "PageDown":
      return to(at + page);
    case "PageUp":
      return to(at - page);
    case "Home":
      return to(0);
    case "End":
      return to(visible.length - 1);
    case "ArrowRight":
      if (!holds(tree, focus)) return { focus, open };
      return open.has(focus) ? to(at + 1) : { focus, open: toggled(open, focus) };
    case "ArrowLeft":
      if (open.has(focus)) return { focus, open: toggled(open, focus) };
      return { focus: Math.max(tree.parent[focus]!, visible[0]!), open };
    case "Enter":
    case " ":
      return holds(tree, focus) ? { focus, open: toggled(open, focus) } : { focus, open };
    default:
      return key.length === 1 ? typed(tree, visible, open, at, key) : null;
  }
}

/** The next row whose name begins with a letter. */
function typed(
  tree: Tree,
  visible: readonly number[],
  open: ReadonlySet<number>,
  at: number,
  key: string,
): Step | null {
  const letter = key.toLowerCase();
  const order = [...visible.slice(at + 1), ...visible.slice(0, at + 1)];
  const found = order.find((row) => tree.rows.name[row]!.toLowerCase().startsWith(letter));
  return found === undefined ? null : { focus: found, open };
}

/** Ops outside a row whose values it reads, and ops outside it that read its values, in the order they run. */
export function neighbours(tree: Tree, row: number): { reads: number[]; readers: number[] } {
  const end = tree.rows.end[row]!;
  const outside = (other: number) => other < row || other >= end;
  const reads = new Set<number>();
  const readers = new Set<number>();
  for (let inner = row; inner < end; inner++) {
    tree.rows.reads[inner]!.filter(outside).forEach((other) => reads.add(other));
    tree.readers[inner]!.filter(outside).forEach((other) => readers.add(other));
  }
  return { reads: [...reads], readers: [...readers].sort((a, b) => a - b) };
}
