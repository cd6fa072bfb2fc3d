// Pictures of the same thing at several moments of a training: one scale for all, the same channels in each.
import type { Numbers, Tensor } from "./safetensors.ts";
import type { Scale } from "../wire.ts";

/** Up to so many moments stand beside each other; of more, a slider shows one. */
export const mostBeside = 8;

/** The largest magnitude that any of the pictures can hold: the end of the scale they share. */
export const largestOf = (pictures: readonly Tensor[]) =>
  Math.max(0, ...pictures.map((values) => 127 * values.scale));

/** One scale for all moments, with signs if any picture has values below zero. */
export function sharedScale(pictures: readonly Tensor[], unit: string): Scale {
  const hasSigns = pictures.some((values) => values.data.some((value) => value < 0));
  const isColour = pictures[0]?.shape.length === 4;
  const high = largestOf(pictures);
  const kind = isColour ? "colour" : hasSigns ? "diverging" : "sequential";
  return { kind, low: kind === "sequential" ? 0 : -high, high, unit };
}

/** Signed colours as bytes about mid-grey, on a scale that others share. */
export function asColours(values: Tensor, high: number): Tensor {
  const bytes = Uint8Array.from(values.data, (value) =>
    Math.round(127.5 * (1 + (value * values.scale) / (high || 1))),
  );
  return { shape: values.shape, data: bytes, scale: 1 };
}

/** Of many moments some, evenly spread, the first and the last among them. */
export function spreadOver<Moment>(moments: readonly Moment[], most: number): Moment[] {
  if (moments.length <= most) return [...moments];
  const step = (moments.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, i) => moments[Math.round(i * step)]!);
}

/** The channels that are strongest at the last moment, in the order of their numbers. */
export function channelsOf(last: Numbers | null, count: number, most: number): number[] {
  const all = Array.from({ length: count }, (_, channel) => channel);
  if (count <= most || last === null) return all.slice(0, most);
  const strongest = all.toSorted((a, b) => Math.abs(last[b]!) - Math.abs(last[a]!));
  return strongest.slice(0, most).toSorted((a, b) => a - b);
}
