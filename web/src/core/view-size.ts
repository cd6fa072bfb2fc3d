// How large a view's file will be, about: what the server writes into it, as base64 of one byte a value.
import type { LayerRow } from "../studio/wire.ts";

/** The server's own limits: of the whole file, of the walls in it, of a picture's side and of a strip. */
export const mostViewBytes = 20 * 2 ** 20;
const mostWallBytes = 12 * 2 ** 20;
const side = 28;
const stripChannels = 24;
/** Peaks, places and shares of a channel; names and scales of a strip; the page, and what is said of neurons. */
const channelBytes = 20;
const stripBytes = 1500;
const pageBytes = 1.5 * 2 ** 20;

function pixels(sizes: readonly number[]): number {
  const [height = 1, width = 1] = sizes.slice(-2);
  return Math.min(side, height) * Math.min(side, width);
}

/** Bytes of a view of so many looks. */
export function viewBytes(
  rows: readonly Pick<LayerRow, "channels" | "sizes">[],
  looks: number,
): number {
  const sum = (bytes: (row: Pick<LayerRow, "channels" | "sizes">) => number) =>
    rows.reduce((all, row) => all + bytes(row), 0);
  const walls = sum(({ channels, sizes }) => channels * (pixels(sizes) + channelBytes));
  // Of the values, and of the gradient.
  const strips = sum(
    ({ channels, sizes }) => 2 * Math.min(stripChannels, channels) * pixels(sizes) + stripBytes,
  );
  return (4 / 3) * (Math.min(looks * walls, mostWallBytes) + looks * strips) + pageBytes;
}
