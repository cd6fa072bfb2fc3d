// A receptive field as a box on the input, true to size and place.
import type { GraphField } from "../wire.ts";

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface FieldBox {
  width: number;
  height: number;
  input: Box;
  /** What one unit sees; null where that is not known. */
  seen: Box | null;
  /** It reaches so far beyond the border that it is cut. */
  isCut: boolean;
}

interface Span {
  low: number;
  high: number;
  length: number;
  isCut: boolean;
}

/** The last two axes are drawn; a signal is a band. */
const drawnAxes = (sizes: readonly number[]) => sizes.map((_, i) => i).slice(-2);
const band = 0.12;
/** Inputs beyond each border that are drawn; the input itself must stay to be seen. */
const farthest = 5;

function spanOf(field: GraphField, axis: number, length: number): Span {
  const found = field.axes[axis];
  if (field.is_global || !found) return { low: 0, high: length, length, isCut: false };
  const low = found.first;
  const high = found.first + found.size;
  return {
    low: Math.max(low, -farthest * length),
    high: Math.min(high, (1 + farthest) * length),
    length,
    isCut: low < -farthest * length || high > (1 + farthest) * length,
  };
}

/** The box in a room of so many pixels, which holds the input and whatever of the field lies beyond it. */
export function fieldBox(field: GraphField, input: readonly number[], room: number): FieldBox {
  const axes = drawnAxes(input);
  const spans = axes.map((axis) => spanOf(field, axis, input[axis]!));
  const known = field.is_known && (field.is_global || field.axes.length === input.length);
  const across = spans.at(-1) ?? { low: 0, high: 1, length: 1, isCut: false };
  const thick = band * across.length;
  const down = spans.length > 1 ? spans[0]! : { low: 0, high: thick, length: thick, isCut: false };
  const reach = ({ low, high, length }: Span) => ({
    from: known ? Math.min(0, low) : 0,
    to: known ? Math.max(length, high) : length,
  });
  const [xs, ys] = [reach(across), reach(down)];
  const scale = room / Math.max(xs.to - xs.from, ys.to - ys.from);
  const box = (x: Pick<Span, "low" | "high">, y: Pick<Span, "low" | "high">): Box => ({
    x: scale * (x.low - xs.from),
    y: scale * (y.low - ys.from),
    width: scale * (x.high - x.low),
    height: scale * (y.high - y.low),
  });
  return {
    width: scale * (xs.to - xs.from),
    height: scale * (ys.to - ys.from),
    input: box({ low: 0, high: across.length }, { low: 0, high: down.length }),
    seen: known ? box(across, down) : null,
    isCut: known && (across.isCut || down.isCut),
  };
}

/** The part of a box that lies on another. */
export function overlap(a: Box, b: Box): Box {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(0, Math.min(a.x + a.width, b.x + b.width) - x),
    height: Math.max(0, Math.min(a.y + a.height, b.y + b.height) - y),
  };
}

/** One number where all axes agree, else one for each. */
export function across(numbers: readonly number[], text: (value: number) => string): string {
  const shown = numbers.map(text);
  return new Set(shown).size === 1 ? shown[0]! : shown.join("×");
}
