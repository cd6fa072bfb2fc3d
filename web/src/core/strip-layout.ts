// Where the tiles of a strip stand. Lengths are CSS pixels.
import type { Tensor } from "./safetensors.ts";

export interface StripLayout {
  /** Tiles that are shown. */
  count: number;
  /** Longest side of a tile. */
  tile: number;
  /** From one tile's middle to the next one's. */
  pitch: number;
  width: number;
  /** With the two lines of words beneath. */
  height: number;
}

export const lineHeight = 15;

/** A strip for the room there is: large tiles where there is room for many, never more than `most`. */
export function stripLayout(available: number, most = 24): StripLayout {
  const isWide = available >= 1500;
  const tile = isWide ? 56 : 28;
  const pitch = isWide ? 64 : 41;
  const count = Math.min(isWide ? most : 12, Math.max(1, Math.floor(available / pitch)));
  return { count, tile, pitch, width: count * pitch, height: tile + 4 + 2 * lineHeight };
}

/** The middle of a tile across. */
export const middleOf = ({ pitch }: StripLayout, index: number) => (index + 0.5) * pitch;

/** Which tile holds a point across; null beyond the last. */
export function tileAt({ pitch }: StripLayout, x: number, count: number): number | null {
  const index = Math.floor(x / pitch);
  return index >= 0 && index < count ? index : null;
}

/** Curves as bands: a picture of one line is drawn as many lines high as can be seen. */
export function asBands(tensor: Tensor, lines = 8): Tensor {
  const [count = 0, height = 1, width = 1] = tensor.shape;
  if (height !== 1 || width <= lines) return tensor;
  const Numbers = tensor.data.constructor as new (size: number) => Tensor["data"];
  const data = new Numbers(count * lines * width);
  for (let at = 0; at < count * lines; at++) {
    const from = Math.floor(at / lines) * width;
    data.set(tensor.data.subarray(from, from + width) as never, at * width);
  }
  return { shape: [count, lines, width], data, scale: tensor.scale };
}
