// One frame of the map: dots written by hand, pictures cut from the sheet; above them, on a sheet of their own so that nothing
// else is drawn again, the marks of what is focused and drawn round.
import type { Projection, Size } from "../core/camera.ts";
import { stampDots, turns } from "../core/stamps.ts";
import type { Dots } from "../core/stamps.ts";
import { cutOut } from "./atlas.ts";
import type { Atlas } from "./atlas.ts";
import type { Palette } from "./palette.ts";

export interface Pictures {
  atlas: Atlas;
  /** Points drawn as pictures, and the number of each one's picture. */
  points: readonly number[];
  pictureOf: Int32Array;
  side: number;
  colourOf: (point: number) => string;
  isColour: boolean;
  /** Points ringed in ink. */
  ringed: (point: number) => boolean;
}

export interface Scene {
  /** Device pixels. */
  size: Size;
  ratio: number;
  at: Projection;
  dots: Dots;
  pictures: Pictures | null;
  palette: Palette;
}

export interface Overlay {
  size: Size;
  ratio: number;
  at: Projection;
  placed: Float32Array;
  point: number;
  hovered: number;
  /** CSS pixels, as the pointer went. */
  lasso: readonly number[];
  palette: Palette;
}

let kept: { image: ImageData; pixels: Uint32Array } | null = null;

/** A picture of the wished size without a dot; the last one is used again, for a new one each frame would cost as much as the dots. */
function blank(context: CanvasRenderingContext2D, { width, height }: Size) {
  if (kept?.image.width !== width || kept.image.height !== height) {
    const image = context.createImageData(width, height);
    kept = { image, pixels: new Uint32Array(image.data.buffer) };
  } else kept.pixels.fill(0);
  return kept;
}

export function paintScene(context: CanvasRenderingContext2D, scene: Scene) {
  const { size, at, dots, pictures } = scene;
  if (size.width === 0 || size.height === 0) return;
  const { image, pixels } = blank(context, size);
  stampDots(pixels, size, at, dots);
  context.putImageData(image, 0, 0);
  if (pictures) paintPictures(context, scene, pictures);
}

export function paintOverlay(context: CanvasRenderingContext2D, overlay: Overlay) {
  context.clearRect(0, 0, overlay.size.width, overlay.size.height);
  ring(context, overlay, overlay.hovered, 1.5, overlay.palette.ink);
  ring(context, overlay, overlay.point, 2, overlay.palette.accent);
  paintLasso(context, overlay);
}

function paintPictures(context: CanvasRenderingContext2D, scene: Scene, pictures: Pictures) {
  const { at, ratio, palette } = scene;
  const { placed, turn } = scene.dots;
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "medium";
  for (const i of pictures.points) {
    const x = Math.round(placed[2 * i]! * at.unit + at.left);
    const y = Math.round(placed[2 * i + 1]! * at.unit + at.top);
    const half = pictures.side / 2;
    const dim = turn[i] === turns.dim;
    context.globalAlpha = 1;
    context.fillStyle = palette.paper;
    context.fillRect(x - half, y - half, pictures.side, pictures.side);
    context.globalAlpha = dim ? 0.25 : 1;
    const edge = pictures.isColour ? 2 * ratio : 0;
    const side = pictures.side - edge;
    const box = cutOut(context, pictures.atlas, pictures.pictureOf[i]!, x, y, side);
    if (pictures.isColour) {
      context.strokeStyle = dim ? palette.ink3 : pictures.colourOf(i);
      context.lineWidth = edge;
      context.strokeRect(box.x, box.y, box.width, box.height);
    }
    if (pictures.ringed(i)) {
      context.strokeStyle = palette.ink;
      context.lineWidth = 1.5 * ratio;
      context.beginPath();
      context.arc(x, y, half - ratio, 0, 7);
      context.stroke();
    }
  }
  context.globalAlpha = 1;
}

/** A double line, so that it is seen on any picture. */
function ring(
  context: CanvasRenderingContext2D,
  { at, ratio, placed, palette }: Overlay,
  point: number,
  thickness: number,
  colour: string,
) {
  if (point < 0) return;
  const x = placed[2 * point]! * at.unit + at.left;
  const y = placed[2 * point + 1]! * at.unit + at.top;
  if (x !== x) return;
  for (const [stroke, width] of [
    [palette.paper, thickness + 2],
    [colour, thickness],
  ] as const) {
    context.beginPath();
    context.arc(x, y, 9 * ratio, 0, 7);
    context.strokeStyle = stroke;
    context.lineWidth = width * ratio;
    context.stroke();
  }
}

function paintLasso(context: CanvasRenderingContext2D, { lasso, ratio, palette }: Overlay) {
  if (lasso.length < 4) return;
  context.beginPath();
  for (let k = 0; k + 1 < lasso.length; k += 2)
    context.lineTo(lasso[k]! * ratio, lasso[k + 1]! * ratio);
  context.closePath();
  context.setLineDash([]);
  for (const [stroke, width] of [
    [palette.paper, 4],
    [palette.accent, 1.5],
  ] as const) {
    context.strokeStyle = stroke;
    context.lineWidth = width * ratio;
    context.stroke();
  }
}
