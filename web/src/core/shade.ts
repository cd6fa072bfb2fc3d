// From a number to a pixel. Bytes get a table of their own, so that a map costs one look-up per pixel.
import { pixel } from "./oklab.ts";
import type { Numbers, Tensor } from "./safetensors.ts";
import type { Scale } from "../wire.ts";

export interface Tables {
  sequential: Uint32Array;
  diverging: Uint32Array;
}

const grey = Uint32Array.from({ length: 256 }, (_, i) => pixel(i, i, i));

/** Where a value lies between the ends of its scale, 0 to 1. */
export function fraction(scale: Scale, value: number): number {
  if (scale.kind === "diverging") return (value / (scale.high || 1) + 1) / 2;
  const low = scale.kind === "sequential" ? 0 : scale.low;
  return (value - low) / (scale.high - low || 1);
}

export type Shade = (data: Numbers, at: number) => number;

const clampByte = (x: number) => Math.max(0, Math.min(255, Math.round(x)));

export function shadeOf(tensor: Tensor, scale: Scale, tables: Tables): Shade {
  if (scale.kind === "colour") {
    return (data, at) => pixel(data[3 * at] ?? 0, data[3 * at + 1] ?? 0, data[3 * at + 2] ?? 0);
  }
  const table = scale.kind === "grey" ? grey : tables[scale.kind];
  const pixelOf = (stored: number) =>
    table[clampByte(255 * fraction(scale, stored * tensor.scale))] ?? 0;
  const bytes = tensor.data instanceof Uint8Array || tensor.data instanceof Int8Array;
  if (!bytes) return (data, at) => pixelOf(data[at] ?? 0);
  const first = tensor.data instanceof Int8Array ? -128 : 0;
  const ready = Uint32Array.from({ length: 256 }, (_, i) => pixelOf(i + first));
  return (data, at) => ready[(data[at] ?? 0) - first] ?? 0;
}
