// What is open, focused and chosen in a folded graph: shared by the table and by the panel that tells of the chosen row.
import { createContext } from "svelte";
import {
  allOpen,
  firstOpen,
  holds,
  revealed,
  seenInstead,
  stepped,
  toggled,
  treeOf,
  visibleRows,
} from "../core/graph-tree.ts";
import type { Tree } from "../core/graph-tree.ts";
import type { Graph } from "../wire.ts";

/** Rows a reader takes in at once. */
const firstRows = 24;

export class GraphView {
  readonly figure: Graph;
  readonly tree: Tree;
  open: ReadonlySet<number> = $state.raw(new Set());
  chosen: number = $state(1);
  /** Counts up when the chosen row must come into view and take the focus. */
  summons = $state(0);
  readonly visible: readonly number[] = $derived.by(() => visibleRows(this.tree, this.open));
  /** The row that can be tabbed to: the chosen one, or the module it is folded into. */
  readonly focusable: number = $derived.by(() => seenInstead(this.tree, this.open, this.chosen));

  constructor(figure: Graph) {
    this.figure = figure;
    this.tree = treeOf(figure);
    this.open = firstOpen(this.tree, firstRows);
    this.chosen = firstChoice(this.tree, this.open);
  }

  toggle(row: number) {
    if (holds(this.tree, row)) this.open = toggled(this.open, row);
    this.chosen = row;
  }

  openAll() {
    this.open = allOpen(this.tree);
  }

  foldAll() {
    this.open = new Set();
    this.chosen = this.focusable;
  }

  /** Shows a row wherever it is folded, and goes there. */
  goTo(row: number) {
    this.open = revealed(this.tree, this.open, row);
    this.chosen = row;
    this.summons += 1;
  }

  /** Whether the key meant something here. */
  key(key: string): boolean {
    const step = stepped(this.tree, this.visible, this.open, this.focusable, key);
    if (step === null) return false;
    this.open = step.open;
    this.chosen = step.focus;
    this.summons += 1;
    return true;
  }
}

/** The gravest finding's row, else the first that learns anything. */
function firstChoice(tree: Tree, open: ReadonlySet<number>): number {
  const { rows, findings } = tree;
  const told = rows.sort.findIndex(
    (_, row) =>
      row > 0 &&
      findings.has(row) &&
      !holds(tree, row) &&
      findings.get(row)![0] === findings.get(0)![0],
  );
  const learned = rows.sort.findIndex(
    (sort, row) => (sort === "op" || sort === "layer") && rows.learned[row] === 1,
  );
  const found = told > 0 ? told : learned > 0 ? learned : 1;
  return seenInstead(tree, open, found);
}

export const [graphView, provideGraphView] = createContext<GraphView>();
