// The window that a neuron reads a channel through: its places, its picture, and its numbers as a table.
import { column } from "./columns.ts";
import type { LayerRow, Neuron, Part } from "../studio/wire.ts";
import type { Table } from "../wire.ts";
import { partName } from "./neuron-words.ts";
import type { Tensor } from "./safetensors.ts";

/** The place that a count along the axes, row by row, leads to. */
export function unravelled(index: number, sizes: readonly number[]): number[] {
  const place = new Array<number>(sizes.length);
  let rest = index;
  for (let axis = sizes.length - 1; axis >= 0; axis--) {
    place[axis] = rest % sizes[axis]!;
    rest = Math.floor(rest / sizes[axis]!);
  }
  return place;
}

/** Whether a value of the window lies outside the map: it is a zero. */
export const isPadding = (part: Part, index: number) => (part.places[index] ?? 0) < 0;

/** Where a part adds most with its own sign: there one goes when one follows it. Never in the padding. */
export function strongestPlace(part: Part, sizes: readonly number[]): number[] {
  const sign = part.number < 0 ? -1 : 1;
  let best = 0;
  let most = -Infinity;
  part.product.forEach((product, index) => {
    if (isPadding(part, index) || sign * product <= most) return;
    most = sign * product;
    best = part.places[index] ?? 0;
  });
  return unravelled(best, sizes);
}

/** A window as a picture: a signal as a band, a volume's planes one beneath the other. */
export function windowPicture(values: readonly number[], window: readonly number[]): Tensor {
  const width = window.at(-1) ?? 1;
  const lines = values.length / width;
  const copies = window.length === 1 ? Math.max(1, Math.round(width / 3)) : 1;
  const data = new Float32Array(values.length * copies);
  for (let copy = 0; copy < copies; copy++) data.set(values, copy * values.length);
  return { shape: [1, lines * copies, width], data, scale: 1 };
}

/** Every number that is drawn, and below them what is not drawn, so that the foot is the sum of the last column. */
export function windowTable(
  neuron: Neuron,
  rows: readonly LayerRow[],
  decimals: number,
  sizesOf: (row: number) => readonly number[],
): Table {
  const named = new Set(neuron.parts.map((part) => part.row)).size > 1;
  const drawn = neuron.parts.flatMap((part) =>
    part.product.map((product, index): Table["rows"][number] => [
      partName(part, rows, named),
      isPadding(part, index)
        ? "outside"
        : unravelled(part.places[index] ?? 0, sizesOf(part.row)).join(", "),
      part.input[index] ?? null,
      part.weight[index] ?? null,
      product,
    ]),
  );
  const others: Table["rows"] =
    neuron.others > 0
      ? [
          [
            `${neuron.others} other${neuron.others === 1 ? "" : "s"}`,
            "",
            null,
            null,
            neuron.others_number,
          ],
        ]
      : [];
  return {
    columns: [
      column("From", { align: "left" }),
      column("Place", { align: "left" }),
      column("Input", { decimals }),
      column("Weight", { decimals }),
      column("Product", { decimals }),
    ],
    rows: [...drawn, ...others, ["Bias", "", null, null, neuron.bias]],
    foot: ["Sum", "", null, null, neuron.total],
    caption: "",
  };
}

/** The first of a neuron's parts; those after them are added to the others, so that the sum stays. */
export function foldedTo(
  neuron: Neuron,
  count: number,
): Pick<Neuron, "parts" | "others" | "others_number"> {
  const parts = neuron.parts.slice(0, count);
  const rest = neuron.parts.slice(count);
  return {
    parts,
    others: neuron.others + rest.length,
    others_number: rest.reduce((sum, part) => sum + part.number, neuron.others_number),
  };
}
