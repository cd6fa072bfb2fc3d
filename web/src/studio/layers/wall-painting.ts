// Some rows of a wall on their canvas, which begins where the first of them does.
import { pictureSize } from "../../core/blit.ts";
import type { Tensor } from "../../core/safetensors.ts";
import type { Wall } from "../../core/wall.ts";
import { frame, paintTiles } from "../../draw/paint.ts";
import type { Palette } from "../../draw/palette.ts";
import { microFont } from "../../draw/text.ts";
import { ring, scaleOf } from "./strip-painting.ts";

export interface WallLook {
  bands: Tensor;
  wall: Wall;
  /** Channels in the order shown. */
  order: readonly number[];
  /** First and last + 1 of the rows that are painted. */
  rows: readonly [number, number];
  ratio: number;
  zoom: number;
  /** Channel that is framed; −1 for none. */
  chosen: number;
  palette: Palette;
  shownOf: (channel: number) => string;
  /** Painted above a tile's pixels, as a veil is. */
  above?: ((context: CanvasRenderingContext2D, tile: DOMRectInit) => void) | undefined;
}

const lows = new WeakMap<Tensor, number>();

/** The least stored value; looked for once an array. */
function lowOf(tensor: Tensor): number {
  let low = lows.get(tensor);
  if (low === undefined) {
    low = 0;
    for (const value of tensor.data) if (value < low) low = value;
    lows.set(tensor, low);
  }
  return low;
}

export function paintWall(context: CanvasRenderingContext2D, look: WallLook) {
  const { bands, wall, order, ratio, zoom, palette } = look;
  const size = pictureSize(bands);
  const [width, height] = [zoom * size.width, zoom * size.height];
  const device = (css: number) => Math.round(css * ratio);
  const first = look.rows[0] * wall.columns;
  const stamps = order.slice(first, look.rows[1] * wall.columns).map((index, i) => ({
    index,
    x: 2 + device((i % wall.columns) * wall.across),
    y: 2 + device(Math.floor(i / wall.columns) * wall.down),
  }));
  paintTiles(context, bands, scaleOf(bands, lowOf(bands)), stamps, zoom, palette);
  context.font = microFont(ratio);
  context.textBaseline = "top";
  for (const { index, x, y } of stamps) {
    const box = { x, y, width, height };
    const isChosen = index === look.chosen;
    look.above?.(context, box);
    frame(context, box, device(1), palette.hair);
    if (isChosen) ring(context, box, ratio, palette);
    const below = y + height + device(3);
    context.textAlign = "left";
    context.fillStyle = isChosen ? palette.accent : palette.ink;
    context.fillText(String(index), x, below);
    context.textAlign = "right";
    context.fillStyle = palette.ink2;
    context.fillText(look.shownOf(index), x + Math.max(width, device(wall.across - 10)), below);
  }
}
