// Every picture can be read as a table. Where Python sends none, the numbers on the picture are the table.
import type { Chart, Figure, Graph, Table } from "../wire-kinds.ts";
import { column } from "./columns.ts";
import { fieldText } from "./graph-words.ts";
import { holds, treeOf } from "./graph-tree.ts";

function chartsTable(charts: readonly Chart[]): Table {
  const xs = [...new Set(charts.flatMap((chart) => chart.curves.flatMap((curve) => curve.x)))];
  xs.sort((a, b) => a - b);
  const curves = charts.flatMap((chart) =>
    chart.curves.map((curve) => ({
      column: column([chart.title, curve.label].filter(Boolean).join(", "), { unit: chart.unit }),
      at: new Map(curve.x.map((x, i) => [x, curve.y[i] ?? null])),
    })),
  );
  return {
    columns: [
      column(charts[0]?.x_label ?? "", { align: "left" }),
      ...curves.map((curve) => curve.column),
    ],
    rows: xs.map((x) => [x, ...curves.map((curve) => curve.at.get(x) ?? null)]),
    foot: null,
    caption: "",
  };
}

/** Every op of a network, however it is folded. */
function graphTable(figure: Graph): Table {
  const tree = treeOf(figure);
  const { rows } = tree;
  const ops = rows.sort.map((_, row) => row).filter((row) => row > 0 && !holds(tree, row));
  return {
    columns: [
      column("Operation", { align: "left" }),
      column("Kind", { align: "left" }),
      column("Output"),
      column("Field", { unit: "pixels" }),
      column("Parameters"),
      column("MACs"),
      column("Kept", { unit: "bytes" }),
    ],
    rows: ops
      .map((row): Table["rows"][number] => [
        tree.path[row]!,
        figure.words[rows.kind[row]!]!,
        figure.words[rows.output[row]!]!,
        fieldText(figure.fields[rows.field[row]!]!),
        rows.params[row]!,
        rows.macs[row]!,
        rows.kept_bytes[row]!,
      ])
      .concat(
        figure.idle_params > 0
          ? [["Read by no operation", "", "", "", figure.idle_params, 0, 0]]
          : [],
      ),
    foot: ["Sum", null, null, null, figure.params, figure.macs, figure.kept_bytes],
    caption: "",
  };
}

/** Equal decimals within a column: four digits for its largest number. */
function evened(table: Table): Table {
  const columns = table.columns.map((column, i) => {
    const numbers = table.rows.map((row) => row[i]).filter((cell) => typeof cell === "number");
    if (numbers.every(Number.isInteger)) return column;
    const largest = numbers.reduce((most, number) => Math.max(most, Math.abs(number)), 0);
    return { ...column, decimals: Math.max(0, 3 - Math.floor(Math.log10(largest || 1))) };
  });
  return { ...table, columns };
}

export function twinOf(figure: Figure): Table | null {
  if ("table" in figure && figure.table !== null) return figure.table;
  const table = drawnNumbers(figure);
  return table && evened(table);
}

function drawnNumbers(figure: Figure): Table | null {
  const plain = { foot: null, caption: "" };
  switch (figure.kind) {
    case "charts":
      return chartsTable(figure.charts);
    case "histogram":
      return {
        ...plain,
        columns: [
          column("From", { unit: figure.unit }),
          column("To", { unit: figure.unit }),
          column("Count"),
        ],
        rows: figure.counts.map((count, i) => [
          figure.edges[i] ?? null,
          figure.edges[i + 1] ?? null,
          count,
        ]),
      };
    case "scatter":
      return {
        ...plain,
        columns: [column(figure.x_label), column(figure.y_label)],
        rows: figure.x.map((x, i) => [x, figure.y[i] ?? null]),
      };
    case "tiles": {
      const named = figure.tiles.filter((tile) => tile.label || tile.value);
      if (named.length === 0) return null;
      return {
        ...plain,
        columns: [column("Picture", { align: "left" }), column("Value")],
        rows: named.map((tile) => [tile.label, tile.value]),
      };
    }
    case "graph":
      return graphTable(figure);
    default:
      return null;
  }
}
