// Some channels of a row as a strip. Of a row that is small enough all are asked for once, and the rest is choosing.
import { chosenOf } from "../core/choosing.ts";
import type { Tensor } from "../core/safetensors.ts";
import * as api from "./api.ts";
import type { Strip } from "./layers/strips.svelte.ts";
import { studio } from "./studio.svelte.ts";

/** An answer of so many values takes no longer than one of a dozen channels. */
const mostValues = 100_000;
const mostAsked = 64;

type Arrays = ReadonlyMap<string, Tensor>;
const whole = new Map<number, { name: string; arrays: Promise<Arrays> }>();

function wholeRow(look: string, row: number, channels: number, side: number): Promise<Arrays> {
  const name = `${look} ${side}`;
  const held = whole.get(row);
  if (held?.name === name) return held.arrays;
  const all = Array.from({ length: channels }, (_, channel) => channel);
  const arrays = api.channels(look, row, all, side, `row ${row}`);
  whole.set(row, { name, arrays });
  // What failed is asked for again.
  arrays.catch(() => whole.delete(row));
  return arrays;
}

export async function someChannels(
  look: string,
  row: number,
  which: readonly number[],
  side: number,
): Promise<Strip> {
  const { channels, sizes } = studio.rows[row]!;
  const [height = 1, width = 1] = sizes.slice(-2);
  const values = channels * Math.min(side, height) * Math.min(side, width);
  const isSmall = channels <= mostAsked && values <= mostValues;
  const found = isSmall
    ? await wholeRow(look, row, channels, side)
    : await api.channels(look, row, which, side, `strip ${row}`);
  const of = (name: string) => (isSmall ? chosenOf(found.get(name)!, which) : found.get(name)!);
  const layer = found.get("layer")!.data;
  return {
    look,
    values: of("values"),
    channels: Int32Array.from(which),
    peaks: of("peaks").data,
    places: of("places"),
    low: layer[0]!,
    active: layer[1]!,
  };
}
