// Nearest neighbour by hand: each value becomes a square of `zoom` device pixels in a picture of many tiles.
import type { Shade } from "./shade.ts";
import type { Tensor } from "./safetensors.ts";

/** Height, width and values per picture of an array of pictures. */
export function pictureSize(tensor: Tensor): { height: number; width: number; values: number } {
  const [, height = 1, width = 1, channels = 1] = tensor.shape;
  return { height, width, values: height * width * channels };
}

/** The values of one picture; an error rather than a blank where there is none. */
export function picture(tensor: Tensor, index: number): Tensor["data"] {
  const { values } = pictureSize(tensor);
  if (!(index >= 0 && index < (tensor.shape[0] ?? 0))) {
    throw new Error(`There is no picture ${index} in an array of ${tensor.shape[0] ?? 0}.`);
  }
  return tensor.data.subarray(index * values, (index + 1) * values);
}

export interface Target {
  pixels: Uint32Array;
  width: number;
}

export interface Stamp {
  x: number;
  y: number;
  index: number;
}

export function blit(target: Target, tensor: Tensor, shade: Shade, stamp: Stamp, zoom: number) {
  const { height, width } = pictureSize(tensor);
  const values = picture(tensor, stamp.index);
  const { pixels } = target;
  for (let row = 0; row < height; row++) {
    const start = (stamp.y + row * zoom) * target.width + stamp.x;
    for (let column = 0; column < width; column++) {
      const colour = shade(values, row * width + column);
      const end = start + (column + 1) * zoom;
      // A loop: for the few pixels of most zooms it takes a fraction of what `fill` does.
      for (let at = end - zoom; at < end; at++) pixels[at] = colour;
    }
    for (let copy = 1; copy < zoom; copy++) {
      const to = start + copy * target.width;
      pixels.copyWithin(to, start, start + width * zoom);
    }
  }
}
