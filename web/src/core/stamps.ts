// Dots by hand: each point becomes a few pixels written into one picture. A hundred thousand take some milliseconds.
import type { Projection, Size } from "./camera.ts";

/** Offsets of a mark's pixels from its middle: dx, dy, dx, dy … */
export type Mark = readonly number[];

type Inside = (x: number, y: number, radius: number) => boolean;

const inside: Inside[] = [
  (x, y, r) => x * x + y * y <= r * r + 0.25,
  (x, y, r) => Math.max(Math.abs(x), Math.abs(y)) <= 0.85 * r,
  (x, y, r) => y <= 0.7 * r && Math.abs(x) <= (y + r) / 1.7 + 0.2,
  (x, y, r) => Math.min(Math.abs(x), Math.abs(y)) <= 0.3 * r,
  (x, y, r) => Math.abs(x) + Math.abs(y) <= 1.1 * r,
  (x, y, r) => Math.abs(Math.abs(x) - Math.abs(y)) <= 0.45 * r,
];
/** Shapes in the order in which classes take them. */
export const shapeNames = ["disc", "square", "triangle", "plus", "diamond", "cross"] as const;

/** The pixels of a shape `side` pixels wide. Below five pixels every shape is a disc: nobody could tell them apart. */
export function markOf(shape: number, side: number): Mark {
  const radius = (side - 1) / 2;
  const reach = Math.ceil(radius);
  const is = inside[side < 5 ? 0 : shape % inside.length]!;
  const pixels: number[] = [];
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) if (is(x, y, radius)) pixels.push(x, y);
  }
  return pixels;
}

/** In what turn a point is drawn. Later turns lie above. */
export const turns = { hidden: 0, dim: 1, plain: 2, raised: 3 } as const;

export interface Dots {
  placed: Float32Array;
  /** The order in which points are drawn within a turn. */
  order: Uint32Array;
  turn: Uint8Array;
  /** Number of each point's colour and mark. */
  code: Uint16Array;
  colours: Uint32Array;
  dim: number;
  marks: readonly Mark[];
  raisedMarks: readonly Mark[];
}

/** Writes all dots that stand wholly inside the picture. */
export function stampDots(
  pixels: Uint32Array,
  size: Size,
  { unit, left, top }: Projection,
  dots: Dots,
) {
  const { placed, order, turn, code, colours, dim } = dots;
  const { width, height } = size;
  const turnsDrawn = [
    [turns.dim, dots.marks.slice(0, 1)],
    [turns.plain, dots.marks],
    [turns.raised, dots.raisedMarks],
  ] as const;
  for (const [wanted, marks] of turnsDrawn) {
    const linear = marks.map((mark) => {
      const offsets = new Int32Array(mark.length / 2);
      for (let k = 0; k < offsets.length; k++) offsets[k] = mark[2 * k]! + mark[2 * k + 1]! * width;
      return offsets;
    });
    const reach = marks.flat().reduce((most, offset) => Math.max(most, Math.abs(offset)), 0);
    for (let k = 0; k < order.length; k++) {
      const i = order[k]!;
      if (turn[i] !== wanted) continue;
      const x = Math.round(placed[2 * i]! * unit + left);
      const y = Math.round(placed[2 * i + 1]! * unit + top);
      // A point without a place is NaN, which is not inside either.
      if (!(x >= reach && y >= reach && x < width - reach && y < height - reach)) continue;
      const at = y * width + x;
      const colour = wanted === turns.dim ? dim : colours[code[i]!]!;
      const offsets = linear[code[i]! % linear.length]!;
      for (let p = 0; p < offsets.length; p++) pixels[at + offsets[p]!] = colour;
    }
  }
}

/** How wide a dot is, in CSS pixels: fewer points and a nearer view have larger ones. */
export function dotSide(points: number, zoom: number): number {
  const crowded = points > 40_000 ? 2 : points > 4000 ? 3 : 4;
  return Math.min(8, crowded + Math.floor(Math.log2(zoom) * 0.9));
}
