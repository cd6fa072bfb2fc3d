// A small network for the tests: stem, a residual block of two equal layers and a sum, head.
import type { Graph } from "../wire.ts";

// 0 all · 1 x · 2 stem · 3 block (4 a, 5 b, 6 add) · 7 body ×2 (8, 9) · 10 head
const rows: Graph["rows"] = {
  sort: ["module", "input", "op", "module", "op", "op", "op", "repeat", "op", "op", "op"],
  name: ["", "x", "stem", "block", "a", "b", "add", "c – d", "c", "d", "head"],
  path: ["", "", "", "", "", "", "block.sum", "c", "", "", ""],
  end: [11, 2, 3, 7, 5, 6, 7, 10, 9, 10, 11],
  count: [1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1],
  call: new Array(11).fill(1),
  calls: new Array(11).fill(1),
  kind: new Array(11).fill(0),
  summary: new Array(11).fill(0),
  output: new Array(11).fill(0),
  field: new Array(11).fill(0),
  attributes: new Array(11).fill(0),
  learned: [1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1],
  params: [60, 0, 10, 20, 10, 10, 0, 20, 10, 10, 10],
  macs: [600, 0, 100, 200, 100, 100, 0, 200, 100, 100, 100],
  kept_bytes: [60, 0, 10, 20, 10, 10, 0, 20, 10, 10, 10],
  reads: [[], [], [1], [], [2], [4], [5, 2], [], [6], [8], [9]],
  at: [0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0],
  reads_lanes: [[], [], [0], [0], [0], [1], [0, 1], [0], [0], [0], [0]],
  passes: [[], [], [], [], [0], [0], [], [], [], [], []],
  to: [-1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0],
  width: [1, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0],
  enters: [[], [], [], [0], [], [], [], [0], [], [], []],
  leaves: [[0], [], [], [0], [], [], [], [0], [], [], []],
};

export const graph: Graph = {
  kind: "graph",
  input: [8, 8],
  input_name: "x",
  rows,
  words: [""],
  fields: [{ axes: [], is_global: false, is_known: false }],
  attributes: [[]],
  findings: [
    { row: 5, op: "b", code: "A1", severity: "note", message: "first" },
    { row: 6, op: "block.sum", code: "A2", severity: "warning", message: "second" },
  ],
  params: 60,
  idle_params: 0,
  macs: 600,
  kept_bytes: 60,
  crowded: [],
};
