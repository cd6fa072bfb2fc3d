// What a neuron sees of a map, as a box on its picture, and what is veiled around it.
import type { Box } from "./field-box.ts";

/** First place and the one after the last, along each axis of space. */
export type Spans = readonly (readonly [number, number])[];

/**
 * The box on a picture. Of a volume the last two axes are drawn; a signal's picture is as high as its box.
 * A picture that was shrunk, or a curve drawn wider than its samples, keeps the shares.
 */
export function boxOn(
  spans: Spans,
  sizes: readonly number[],
  picture: { width: number; height: number },
): Box {
  const share = (axis: number, length: number): [number, number] => {
    const span = spans[axis];
    const size = sizes[axis];
    if (!span || !size) return [0, length];
    return [(span[0] / size) * length, ((span[1] - span[0]) / size) * length];
  };
  const last = sizes.length - 1;
  const [x, width] = share(last, picture.width);
  const [y, height] = share(last - 1, picture.height);
  return { x, y, width, height };
}

/** The four strips of a picture around a box, those without area left out. */
export function around(box: Box, picture: { width: number; height: number }): Box[] {
  const right = box.x + box.width;
  const below = box.y + box.height;
  const strips = [
    { x: 0, y: 0, width: picture.width, height: box.y },
    { x: 0, y: below, width: picture.width, height: picture.height - below },
    { x: 0, y: box.y, width: box.x, height: box.height },
    { x: right, y: box.y, width: picture.width - right, height: box.height },
  ];
  return strips.filter((strip) => strip.width > 0 && strip.height > 0);
}

/** How many places a box holds, in words: "16×16 of 28×28". */
export function seenOf(spans: Spans, sizes: readonly number[]): string {
  const held = spans.map(([first, end]) => end - first);
  return `${held.join("×")} of ${sizes.join("×")}`;
}
