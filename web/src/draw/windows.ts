// A window's pictures side by side on one canvas, each on a scale of its own kind.
import { blit, pictureSize } from "../core/blit.ts";
import type { Tensor } from "../core/safetensors.ts";
import { shadeOf } from "../core/shade.ts";
import type { Scale } from "../wire.ts";
import { frame } from "./paint.ts";
import type { Context } from "./paint.ts";
import type { Palette } from "./palette.ts";

export interface Pane {
  tensor: Tensor;
  scale: Scale;
  /** Its left edge in device pixels. */
  x: number;
}

export function paintPanes(
  context: Context,
  panes: readonly Pane[],
  zoom: number,
  y: number,
  palette: Palette,
) {
  const { width, height } = context.canvas;
  if (width === 0 || height === 0) return;
  const image = context.createImageData(width, height);
  const target = { pixels: new Uint32Array(image.data.buffer), width };
  for (const { tensor, scale, x } of panes)
    blit(target, tensor, shadeOf(tensor, scale, palette.tables), { x, y, index: 0 }, zoom);
  context.putImageData(image, 0, 0);
  for (const { tensor, x } of panes) {
    const size = pictureSize(tensor);
    const box = { x, y, width: zoom * size.width, height: zoom * size.height };
    frame(context, box, 1, palette.hair);
  }
}
