// Filters edited while an input is looked at: the list as it is asked for, and a kernel as it would be.
import type { EditedFilter } from "../studio/wire.ts";

export const editOf = (edits: readonly EditedFilter[], row: number, channel: number) =>
  edits.find((one) => one.row === row && one.channel === channel);

/** The list without a unit's edit. */
export const withoutEdit = (edits: readonly EditedFilter[], row: number, channel: number) =>
  edits.filter((one) => one.row !== row || one.channel !== channel);

/** The list with a unit's edit put in place of the one it had. */
export function withEdit(
  edits: readonly EditedFilter[],
  row: number,
  channel: number,
  how: EditedFilter["how"],
  factor = 1,
): EditedFilter[] {
  return [...withoutEdit(edits, row, channel), { row, channel, how, factor, values: [] }];
}

const isSame = (one: readonly number[], other: readonly number[]) =>
  one.length === other.length && one.every((part, axis) => part === other[axis]);

/** The list with one weight of a unit set to a number; others that were set stay, any other edit of the unit goes. */
export function withWeight(
  edits: readonly EditedFilter[],
  row: number,
  channel: number,
  index: readonly number[],
  value: number,
): EditedFilter[] {
  const before = editOf(edits, row, channel);
  const kept = before?.how === "set" ? before.values : [];
  const values = [...kept.filter((one) => !isSame(one.index, index)), { index: [...index], value }];
  return [...withoutEdit(edits, row, channel), { row, channel, how: "set", factor: 1, values }];
}

/** What a weight of the network is after an edit; `at` is its index, `unit` the filter's number. */
export function weightAfter(
  edit: EditedFilter | undefined,
  kernel: readonly number[],
  place: number,
  index: readonly number[],
  unit: { channel: number; inputs: number; sides: readonly number[] },
): number {
  const own = kernel[place]!;
  switch (edit?.how) {
    case "zero":
      return 0;
    case "negate":
      return -own;
    case "scale":
      return own * edit.factor;
    case "flip":
      return kernel[kernel.length - 1 - place]!;
    case "identity": {
      const middle = unit.sides.map((side) => Math.floor(side / 2));
      return isSame(index, [unit.channel % unit.inputs, ...middle]) ? 1 : 0;
    }
    case "set":
      return edit.values.find((one) => isSame(one.index, index))?.value ?? own;
    default:
      return own;
  }
}
