// Tiles on a canvas: pixels first, in one piece; frames, outlines and crosses above them.
import { blit, picture, pictureSize } from "../core/blit.ts";
import type { Stamp } from "../core/blit.ts";
import { outline } from "../core/outline.ts";
import type { Tensor } from "../core/safetensors.ts";
import { shadeOf } from "../core/shade.ts";
import type { Scale } from "../wire.ts";
import type { Palette } from "./palette.ts";

export type Context = CanvasRenderingContext2D;

export function paintTiles(
  context: Context,
  tensor: Tensor,
  scale: Scale,
  stamps: readonly Stamp[],
  zoom: number,
  palette: Palette,
) {
  const { width, height } = context.canvas;
  if (width === 0 || height === 0) return;
  const image = context.createImageData(width, height);
  const target = { pixels: new Uint32Array(image.data.buffer), width };
  const shade = shadeOf(tensor, scale, palette.tables);
  for (const stamp of stamps) blit(target, tensor, shade, stamp, zoom);
  context.putImageData(image, 0, 0);
}

/** Zero is paper, so a map needs an edge; the edge lies outside its pixels. */
export function frame(context: Context, box: DOMRectInit, thickness: number, colour: string) {
  const { x = 0, y = 0, width = 0, height = 0 } = box;
  const half = thickness / 2;
  context.strokeStyle = colour;
  context.lineWidth = thickness;
  context.strokeRect(x - half, y - half, width + thickness, height + thickness);
}

export function drawOutline(
  context: Context,
  masks: Tensor,
  index: number,
  at: { x: number; y: number },
  zoom: number,
  stroke: { colour: string; width: number },
) {
  const { width, height } = pictureSize(masks);
  const pieces = outline(picture(masks, index), width, height);
  context.strokeStyle = stroke.colour;
  context.lineWidth = stroke.width;
  context.beginPath();
  for (let i = 0; i + 3 < pieces.length; i += 4) {
    context.moveTo(at.x + pieces[i]! * zoom, at.y + pieces[i + 1]! * zoom);
    context.lineTo(at.x + pieces[i + 2]! * zoom, at.y + pieces[i + 3]! * zoom);
  }
  context.stroke();
}

export function cross(context: Context, box: DOMRectInit, thickness: number, colour: string) {
  const { x = 0, y = 0, width = 0, height = 0 } = box;
  const inset = 0.3 * Math.min(width, height);
  context.strokeStyle = colour;
  context.lineWidth = thickness;
  context.beginPath();
  context.moveTo(x + inset, y + inset);
  context.lineTo(x + width - inset, y + height - inset);
  context.moveTo(x + width - inset, y + inset);
  context.lineTo(x + inset, y + height - inset);
  context.stroke();
}
