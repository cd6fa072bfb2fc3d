// A network's rows folded by the module that holds them: a folded block is one line, and what it shows is its last row.

export interface Held {
  /** Path of the module that holds the row; empty at the top. */
  block: string;
}

export type Line =
  | { kind: "layer"; row: number; depth: number; block: string }
  | {
      kind: "block";
      path: string;
      /** Numbers of its first row and of that after its last. */
      first: number;
      last: number;
      depth: number;
      isOpen: boolean;
      parent: string;
    };

const isWithin = (block: string, path: string) => block === path || block.startsWith(`${path}.`);

/** Number after the last of the neighbouring rows that a path holds. */
function endOf(rows: readonly Held[], first: number, last: number, path: string): number {
  let end = first;
  while (end < last && isWithin(rows[end]!.block, path)) end++;
  return end;
}

/** The path one step below `parent` towards `block`, skipping steps that hold no fewer rows. */
function step(rows: readonly Held[], first: number, last: number, parent: string): string {
  const { block } = rows[first]!;
  const below = parent === "" ? block : block.slice(parent.length + 1);
  const parts = below.split(".");
  const path = (count: number) => [parent, ...parts.slice(0, count)].filter(Boolean).join(".");
  const end = endOf(rows, first, last, path(1));
  let count = 1;
  while (count < parts.length && endOf(rows, first, last, path(count + 1)) === end) count++;
  return path(count);
}

/** The lines to be shown, given which blocks are unfolded. A block of one row is that row. */
export function linesOf(rows: readonly Held[], unfolded: ReadonlySet<string>): Line[] {
  const found: Line[] = [];
  function add(from: number, last: number, parent: string, depth: number) {
    let row = from;
    while (row < last) {
      const { block } = rows[row]!;
      const path = block === parent ? parent : step(rows, row, last, parent);
      const end = block === parent ? row + 1 : endOf(rows, row, last, path);
      if (end - row === 1) found.push({ kind: "layer", row, depth, block: parent });
      else {
        const isOpen = unfolded.has(path);
        found.push({ kind: "block", path, first: row, last: end, depth, isOpen, parent });
        if (isOpen) add(row, end, path, depth + 1);
      }
      row = end;
    }
  }
  add(0, rows.length, "", 0);
  return found;
}

/** Blocks to unfold at first: all while that is at most so many lines, the shallowest and largest first. */
export function unfoldedAtFirst(rows: readonly Held[], most = 24): Set<string> {
  const unfolded = new Set<string>();
  for (;;) {
    const lines = linesOf(rows, unfolded);
    const folded = lines.filter((line) => line.kind === "block" && !line.isOpen);
    const tried = folded
      .filter((line) => line.kind === "block")
      .sort((a, b) => a.depth - b.depth || b.last - b.first - (a.last - a.first));
    const next = tried.find(
      ({ path }) => lines.length < 4 || linesOf(rows, new Set([...unfolded, path])).length <= most,
    );
    if (next === undefined) return unfolded;
    unfolded.add(next.path);
  }
}

/** The blocks that hold a row, from the outermost: unfold them to see it. */
export function holdersOf(rows: readonly Held[], row: number): string[] {
  const unfolded = new Set<string>();
  for (;;) {
    const line = linesOf(rows, unfolded).find(
      (one) => one.kind === "block" && !one.isOpen && one.first <= row && row < one.last,
    );
    if (line?.kind !== "block") return [...unfolded];
    unfolded.add(line.path);
  }
}
