// A strip on its canvas: pictures, frames, and two words beneath each.
import { pictureSize } from "../../core/blit.ts";
import { measured, minus } from "../../core/numbers.ts";
import { asBands, lineHeight, middleOf } from "../../core/strip-layout.ts";
import type { StripLayout } from "../../core/strip-layout.ts";
import type { Numbers, Tensor } from "../../core/safetensors.ts";
import { frame, paintTiles } from "../../draw/paint.ts";
import type { Palette } from "../../draw/palette.ts";
import { microFont, textWidth } from "../../draw/text.ts";
import type { Scale } from "../../wire.ts";
import type { Strip } from "./strips.svelte.ts";

/** Least room between two words beneath neighbouring tiles, in CSS pixels. */
const apart = 4;

/** Zero is paper: a layer without values below zero is shown by magnitude, any other with its signs. */
export const scaleOf = (values: Tensor, low: number): Scale => ({
  kind: low < 0 ? "diverging" : "sequential",
  low: 0,
  high: 127 * values.scale,
  unit: "",
});

/** Whole-number zoom that brings a picture to at most a tile's side, in device pixels. */
export function zoomOf(values: Tensor, side: number): number {
  const { width, height } = pictureSize(values);
  return Math.max(1, Math.floor(side / Math.max(width, height)));
}

/** Signs that are seen on any picture: the paper beneath, the accent above. */
export function ring(
  context: CanvasRenderingContext2D,
  box: { x: number; y: number; width: number; height: number },
  ratio: number,
  palette: Palette,
) {
  const wide = Math.max(1, Math.round(1.5 * ratio));
  frame(context, box, 2 * wide, palette.paper);
  const inner = { x: box.x - 1, y: box.y - 1, width: box.width + 2, height: box.height + 2 };
  frame(context, inner, wide, palette.accent);
}

export interface StripLook {
  strip: Strip;
  layout: StripLayout;
  ratio: number;
  palette: Palette;
  /** Channel that is framed; −1 for none. */
  chosen: number;
  /** What a channel is called. */
  nameOf?: (channel: number) => string;
  /** In place of the largest values. */
  words?: readonly string[] | undefined;
  /** Painted above a tile's pixels, as a veil is: the place of the tile on the canvas in device pixels. */
  above?: ((context: CanvasRenderingContext2D, tile: DOMRectInit) => void) | undefined;
}

export function paintStrip(context: CanvasRenderingContext2D, look: StripLook) {
  const { strip, layout, ratio, palette, chosen, words, above, nameOf } = look;
  const values = asBands(strip.values);
  const size = pictureSize(values);
  const device = (css: number) => Math.round(css * ratio);
  const zoom = zoomOf(values, device(layout.tile));
  const width = zoom * size.width;
  const height = zoom * size.height;
  const count = Math.min(layout.count, strip.channels.length);
  const stamps = Array.from({ length: count }, (_, index) => ({
    index,
    x: Math.round(middleOf(layout, index) * ratio - width / 2),
    y: 2 + Math.max(0, Math.round((device(layout.tile) - height) / 2)),
  }));
  paintTiles(context, values, scaleOf(values, strip.low), stamps, zoom, palette);
  for (const stamp of stamps) {
    const box = { x: stamp.x, y: stamp.y, width, height };
    above?.(context, box);
    frame(context, box, device(1), palette.hair);
    if (strip.channels[stamp.index] === chosen) ring(context, box, ratio, palette);
  }
  const isAdded = words?.every((word) => /^[+\u2212]|^[0.]+$/.test(word)) ?? false;
  context.font = microFont(ratio);
  context.textAlign = "center";
  context.textBaseline = "top";
  const beneath = words ?? fittedNumbers(strip.peaks.subarray(0, count), layout);
  for (const { index } of stamps) {
    const x = middleOf(layout, index) * ratio;
    const y = device(layout.tile) + device(6);
    const channel = strip.channels[index]!;
    context.fillStyle = channel === chosen ? palette.accent : palette.ink;
    context.fillText(fittedName(nameOf?.(channel) ?? "", layout) || String(channel), x, y);
    const word = beneath[index] ?? "";
    context.fillStyle = isAdded ? colourOf(word, palette) : palette.ink2;
    context.fillText(word, x, y + device(lineHeight), (layout.pitch - apart) * ratio);
  }
}

/** Numbers with as many digits, three at most, as all of them have room for beneath their tiles. */
function fittedNumbers(values: Numbers, layout: StripLayout): string[] {
  const written = (digits: number) => Array.from(values, (value) => measured(value, digits));
  const fits = (words: readonly string[]) =>
    words.every((word) => numberWidth(word) <= layout.pitch - apart);
  return [3, 2].map(written).find(fits) ?? written(1);
}

/** By its signs, which are few: numbers are many, and what is measured is kept. */
const numberWidth = (word: string) =>
  Array.from(word).reduce((sum, sign) => sum + textWidth(sign), 0);

/** A name cut to what fits beneath a tile. */
function fittedName(name: string, layout: StripLayout): string {
  const room = layout.pitch - apart;
  if (textWidth(name) <= room) return name;
  let length = name.length - 1;
  while (length > 1 && textWidth(`${name.slice(0, length)}…`) > room) length--;
  return `${name.slice(0, length)}…`;
}

/** What is added has its sign's colour; a value is a label. */
function colourOf(word: string, palette: Palette): string {
  if (word.startsWith("+")) return palette.rises;
  return word.startsWith(minus) ? palette.falls : palette.ink2;
}

/** What a strip says in words. */
export function stripWords(
  name: string,
  channels: Numbers,
  words: readonly string[],
  nameOf: (channel: number) => string = () => "",
): string {
  const said = words
    .slice(0, 4)
    .map(
      (word, i) =>
        `channel ${[channels[i], nameOf(channels[i]!)].filter((part) => part !== "").join(", ")} ${word}`,
    );
  return `${name}: strongest ${said.join(", ")}`;
}
