// What a row of the folded graph says in words.
import { across } from "./field-box.ts";
import { measured, plain } from "./numbers.ts";
import type { FieldAxis, GraphField } from "../wire.ts";

/** Strides behind a resizing may be fractions. */
export const pixels = (value: number) => (Number.isInteger(value) ? plain(value) : measured(value));

/** The field in a cell: pixels a side, everything, or that nobody knows. */
export function fieldText(field: GraphField): string {
  if (!field.is_known) return "unknown";
  if (field.is_global) return "all";
  return field.axes.length > 0
    ? across(
        field.axes.map((axis) => axis.size),
        pixels,
      )
    : "";
}

const sizes = (numbers: readonly number[], text = pixels) => numbers.map(text).join("×");

/** Where a unit stands in its map: a place is not a size, and is not written as one. */
function position(axes: readonly FieldAxis[]): string {
  const at = axes.map((axis) => plain(axis.unit));
  return at.length === 2 ? `row ${at[0]}, column ${at[1]}` : `place ${at.join(", ")}`;
}

/** The field in a sentence, about the unit in the middle of the map. */
export function fieldSentence(field: GraphField, input: readonly number[]): string {
  if (!field.is_known) {
    return "How far a unit sees is not known: an operation on the way has no rule for it.";
  }
  const whole = `${sizes(input)} pixels`;
  const { axes } = field;
  const local = axes.length > 0 ? `${sizes(axes.map((axis) => axis.size))} pixels` : "";
  if (field.is_global) {
    const without = local ? ` Without what joins all places it would see ${local}.` : "";
    return `Every unit sees the whole input, ${whole}.${without}`;
  }
  if (axes.length === 0) return "It has no place in the input.";
  const units = sizes(axes.map((axis) => axis.units));
  const beyond = axes.some(
    (axis, i) => axis.first < 0 || axis.first + axis.size > (input[i] ?? Infinity),
  );
  const which = axes.some((axis) => axis.units > 1)
    ? `The unit at ${position(axes)} of ${units}, in the middle, sees`
    : "Its only place sees";
  return `${which} ${local}${beyond ? ", which reaches beyond the border" : ""}; the input has ${sizes(input)}.`;
}
