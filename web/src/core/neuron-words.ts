// A neuron in words: what it is called, where it is, what it reads, and what a screen reader says of it.
import type { LayerRow, Neuron, Part } from "../studio/wire.ts";
import { fixed, minus, signed } from "./numbers.ts";

/** "channel" of what has places, "unit" of a vector. */
const kindOf = (sizes: readonly number[]) => (sizes.length > 0 ? "channel" : "unit");

export const titleOf = (row: LayerRow, channel: number) =>
  `${row.name}, ${kindOf(row.sizes)} ${channel}`;

const axisNames = [["place"], ["row", "column"], ["plane", "row", "column"]];

/** "row 7, column 5"; empty for a vector, which has no places. */
export function placeWords(at: readonly number[]): string {
  const names = axisNames[at.length - 1] ?? at.map((_, axis) => `axis ${axis + 1}`);
  return at.map((place, axis) => `${names[axis]} ${place}`).join(", ");
}

/** Decimals that give the largest of some numbers three significant digits, and any below a hundred its hundredths. */
export function decimalsFor(numbers: readonly number[]): number {
  const most = numbers.reduce((found, number) => Math.max(found, Math.abs(number)), 0);
  if (most === 0) return 2;
  return Math.min(8, Math.max(most < 100 ? 2 : 0, 2 - Math.floor(Math.log10(most))));
}

/** A number whose sign counts: "+1.70", "−0.71", "0.00". */
export const signedFixed = (number: number, decimals: number) => signed(fixed(number, decimals));

const sourceName = (row: number, rows: readonly LayerRow[]) =>
  row < 0 ? "the input" : (rows[row]?.name ?? `row ${row}`);

/** Which channel of which layer a part is: "5", and with its layer's name where a neuron reads several. */
export function partName(part: Part, rows: readonly LayerRow[], named: boolean): string {
  return named ? `${sourceName(part.row, rows)}, ${part.channel}` : String(part.channel);
}

export function linkName(part: Part, rows: readonly LayerRow[]): string {
  const row = rows[part.row];
  return row ? titleOf(row, part.channel) : `the input, channel ${part.channel}`;
}

const times = (sizes: readonly number[]) => sizes.join("×");

/** "reads 32 channels of conv3 through 3×3". */
export function readsWords(neuron: Neuron, rows: readonly LayerRow[]): string {
  const [first] = neuron.parts;
  if (!first) return neuron.formula;
  const from = sourceName(first.row, rows);
  const source = rows[first.row];
  const isOwn = neuron.kind === "largest" || neuron.kind === "mean";
  if (isOwn) {
    const how = neuron.kind === "largest" ? "takes the largest" : "takes the mean";
    return `${how} of ${times(first.window)} in its own channel of ${from}`;
  }
  if (neuron.kind !== "sum") return neuron.formula;
  const count = neuron.parts.length + neuron.others;
  const area = first.window.reduce((product, side) => product * side, 1);
  const counted = (word: string) => `${count} ${word}${count === 1 ? "" : "s"}`;
  if (source && source.sizes.length === 0) return `reads ${counted("unit")} of ${from}`;
  const through = `through ${times(first.window)}`;
  if (first.row < 0) {
    return count === 1 ? `reads the input ${through}` : `reads ${count} channels of it ${through}`;
  }
  const places = source?.sizes.reduce((product, side) => product * side, 1);
  const isWhole = area > 1 && area === places;
  return `reads ${counted("channel")} of ${from}${isWhole ? `, each whole: ${times(first.window)}` : ` ${through}`}`;
}

/** The line under the title. */
export function whereWords(neuron: Neuron, rows: readonly LayerRow[]): string {
  const sizes = rows[neuron.row]?.sizes ?? [];
  const place = placeWords(neuron.at);
  const reads = readsWords(neuron, rows);
  return place ? `${place} of ${times(sizes)}; ${reads}` : reads;
}

/** The part that adds most, whatever the parts are sorted by. */
export function strongestOf(neuron: Neuron): Part | null {
  return neuron.parts.reduce<Part | null>(
    (best, part) => (best && Math.abs(best.number) >= Math.abs(part.number) ? best : part),
    null,
  );
}

const spoken = (number: number, decimals: number) =>
  `${number < 0 ? "minus" : "plus"} ${fixed(Math.abs(number), decimals)}`;

/** "conv4, channel 26 of 32, 6.32 at row 7, column 5; strongest input channel 5, plus 1.70." */
export function sentenceOf(neuron: Neuron, rows: readonly LayerRow[]): string {
  const row = rows[neuron.row];
  if (!row) return "";
  const decimals = decimalsFor([neuron.value, neuron.before]);
  const value = fixed(neuron.value, decimals).replace(minus, "minus ");
  const place = placeWords(neuron.at);
  const strongest = neuron.kind === "sum" ? strongestOf(neuron) : null;
  const input = strongest
    ? `; strongest input channel ${strongest.channel}, ${spoken(strongest.number, decimals)}`
    : "";
  return `${titleOf(row, neuron.channel)} of ${row.channels}, ${value}${place && ` at ${place}`}${input}.`;
}
