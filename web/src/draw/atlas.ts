// All pictures of a map on one sheet, in the colours in which they are drawn; cut out of it in every frame.
import { pictureSize } from "../core/blit.ts";
import { pixel } from "../core/oklab.ts";
import type { Tensor } from "../core/safetensors.ts";
import { fraction } from "../core/shade.ts";
import type { Scale } from "../wire.ts";

export interface Atlas {
  sheet: HTMLCanvasElement;
  width: number;
  height: number;
  columns: number;
}

/** One channel: brightness is ink in the colour of the point. Colour images stay as the network receives them. */
export function atlasOf(
  images: Tensor,
  scale: Scale,
  colourOf: (picture: number) => number,
): Atlas {
  const { width, height, values } = pictureSize(images);
  const count = images.shape[0] ?? 0;
  const columns = Math.max(1, Math.ceil(Math.sqrt((count * height) / width)));
  const sheet = document.createElement("canvas");
  sheet.width = columns * width;
  sheet.height = Math.max(1, Math.ceil(count / columns)) * height;
  const context = sheet.getContext("2d")!;
  const image = context.createImageData(sheet.width, sheet.height);
  const pixels = new Uint32Array(image.data.buffer);
  const shades = Uint32Array.from({ length: 256 }, (_, stored) =>
    Math.round(255 * Math.min(1, Math.max(0, fraction(scale, stored * images.scale)))),
  );
  const { data } = images;
  for (let k = 0; k < count; k++) {
    const ink = colourOf(k) & 0xffffff;
    for (let row = 0; row < height; row++) {
      let at = (Math.floor(k / columns) * height + row) * sheet.width + (k % columns) * width;
      let from = k * values + (row * width * values) / (width * height);
      for (let column = 0; column < width; column++, at++) {
        if (scale.kind === "colour") {
          pixels[at] = pixel(data[from]!, data[from + 1]!, data[from + 2]!);
          from += 3;
        } else pixels[at] = ((shades[data[from++]!]! << 24) | ink) >>> 0;
      }
    }
  }
  context.putImageData(image, 0, 0);
  return { sheet, width, height, columns };
}

/** Draws one picture with its longer side `side`, its middle at (x, y); says where it stands. */
export function cutOut(
  context: CanvasRenderingContext2D,
  { sheet, width, height, columns }: Atlas,
  k: number,
  x: number,
  y: number,
  side: number,
) {
  const fit = side / Math.max(width, height);
  const [w, h] = [width * fit, height * fit];
  const column = (k % columns) * width;
  const row = Math.floor(k / columns) * height;
  context.drawImage(sheet, column, row, width, height, x - w / 2, y - h / 2, w, h);
  return { x: x - w / 2, y: y - h / 2, width: w, height: h };
}
