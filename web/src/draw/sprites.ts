// Samples of the map as small pictures in the colour of their class.
import { picture, pictureSize } from "../core/blit.ts";
import { pixel } from "../core/oklab.ts";
import type { Tensor } from "../core/safetensors.ts";
import { fraction } from "../core/shade.ts";
import type { Scale } from "../wire.ts";

export type Rgb = readonly [number, number, number];

export interface Sprites {
  sheet: HTMLCanvasElement;
  width: number;
  height: number;
  columns: number;
}

/** One channel: brightness is ink in the colour of the class. Colour images stay as the network receives them. */
function sample(
  images: Tensor,
  scale: Scale,
  index: number,
  colour: Rgb,
): Uint32Array<ArrayBuffer> {
  const { width, height } = pictureSize(images);
  const values = picture(images, index);
  const pixels = new Uint32Array(width * height);
  for (let i = 0; i < pixels.length; i++) {
    if (scale.kind === "colour") {
      pixels[i] = pixel(values[3 * i] ?? 0, values[3 * i + 1] ?? 0, values[3 * i + 2] ?? 0);
    } else {
      const share = fraction(scale, (values[i] ?? 0) * images.scale);
      pixels[i] = pixel(...colour, Math.round(255 * Math.min(1, Math.max(0, share))));
    }
  }
  return pixels;
}

/** All given samples on one sheet, in their order. */
export function spriteSheet(
  images: Tensor,
  scale: Scale,
  indices: readonly number[],
  colourOf: (index: number) => Rgb,
): Sprites {
  const { width, height } = pictureSize(images);
  const columns = Math.max(1, Math.ceil(Math.sqrt(indices.length)));
  const sheet = document.createElement("canvas");
  sheet.width = columns * width;
  sheet.height = Math.max(1, Math.ceil(indices.length / columns)) * height;
  const context = sheet.getContext("2d");
  indices.forEach((index, k) => {
    const pixels = sample(images, scale, index, colourOf(index));
    const data = new ImageData(new Uint8ClampedArray(pixels.buffer), width, height);
    context?.putImageData(data, (k % columns) * width, Math.floor(k / columns) * height);
  });
  return { sheet, width, height, columns };
}

/** Shrinks one sample to `side` at its middle; shrinking averages, enlarging never happens. */
export function stampSprite(
  context: CanvasRenderingContext2D,
  { sheet, width, height, columns }: Sprites,
  k: number,
  x: number,
  y: number,
  side: number,
) {
  const fit = Math.min(1, side / Math.max(width, height));
  const [w, h] = [width * fit, height * fit];
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  const column = (k % columns) * width;
  const row = Math.floor(k / columns) * height;
  context.drawImage(sheet, column, row, width, height, x - w / 2, y - h / 2, w, h);
  return { x: x - w / 2, y: y - h / 2, width: w, height: h };
}
