// A drawing in grey pixels: what a hand did, stroke by stroke. Places are in pixels of the drawing, from its top left corner.

export interface Sheet {
  readonly width: number;
  readonly height: number;
  /** 0 is black, the ground; 255 is white, the pen. */
  readonly pixels: Uint8Array;
}

export interface Point {
  x: number;
  y: number;
}

export const blank = (width: number, height: number): Sheet => ({
  width,
  height,
  pixels: new Uint8Array(width * height),
});

export const isBlank = (sheet: Sheet) => sheet.pixels.every((value) => value === 0);

function distance(x: number, y: number, from: Point, to: Point): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : ((x - from.x) * dx + (y - from.y) * dy) / length;
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(x - from.x - t * dx, y - from.y - t * dy);
}

/**
 * A sheet with one more piece of a stroke. A pixel is as white as the pen covers it: wholly within the radius, not at all one
 * pixel beyond. Nothing that was drawn becomes darker.
 */
export function stroked(sheet: Sheet, from: Point, to: Point, radius: number): Sheet {
  const { width, height } = sheet;
  const pixels = sheet.pixels.slice();
  const reach = radius + 0.5;
  const first = (a: number, b: number) => Math.max(0, Math.floor(Math.min(a, b) - reach));
  const last = (a: number, b: number, size: number) =>
    Math.min(size - 1, Math.ceil(Math.max(a, b) + reach));
  for (let row = first(from.y, to.y); row <= last(from.y, to.y, height); row++) {
    for (let column = first(from.x, to.x); column <= last(from.x, to.x, width); column++) {
      const covered = reach - distance(column + 0.5, row + 0.5, from, to);
      const value = Math.round(255 * Math.min(1, Math.max(0, covered)));
      const at = row * width + column;
      if (value > pixels[at]!) pixels[at] = value;
    }
  }
  return { width, height, pixels };
}

/** The sides of the sheet that a network's input is drawn on: its own, or a whole fraction's where that is many pixels. */
export function sheetSides(height: number, width: number, most = 64): [number, number] {
  const shrink = Math.max(1, Math.ceil(Math.max(height, width) / most));
  return [Math.max(1, Math.round(height / shrink)), Math.max(1, Math.round(width / shrink))];
}

/** Bytes as base64, a piece at a time: a call takes only so many arguments. */
export function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x2000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x2000));
  }
  return btoa(text);
}
