// Boxes on pictures: a line that is seen on any picture, and a veil over what lies outside.
import type { Box } from "../core/field-box.ts";
import { around } from "../core/veil.ts";
import type { Context } from "./paint.ts";
import type { Palette } from "./palette.ts";

/** A focused cell and a receptive field have a double line: paper under accent. Lengths are device pixels. */
export function doubleLine(context: Context, box: Box, ratio: number, palette: Palette) {
  for (const [thickness, colour] of [
    [3 * ratio, palette.paper],
    [1.5 * ratio, palette.accent],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = thickness;
    context.strokeRect(box.x, box.y, box.width, box.height);
  }
}

/** Over a photograph the veil is grey, over a map it is paper: there zero is paper. */
export type Veil = "grey" | "paper";

/** Veils what of a picture at `at` lies outside a box of it. */
export function veil(context: Context, box: Box, picture: Box, kind: Veil, palette: Palette) {
  context.save();
  context.globalAlpha = kind === "grey" ? 0.55 : 0.72;
  context.fillStyle = kind === "grey" ? "#808080" : palette.paper;
  for (const { x, y, width, height } of around(box, picture))
    context.fillRect(picture.x + x, picture.y + y, width, height);
  context.restore();
}
