// Points on their way from one placing to another.
import type { Tensor } from "./safetensors.ts";

/** What stands for "this point has no place here". */
export const nowhere = -32768;

/** Places as numbers of the plane; NaN where there is none. */
export function placesOf({ data, scale }: Tensor): Float32Array {
  const places = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) places[i] = data[i] === nowhere ? NaN : data[i]! * scale;
  return places;
}

/** Between two placings: `way` 0 is the first, 1 the second. Who has no place in the first stands at its goal at once. */
export function between(from: Float32Array, to: Float32Array, way: number): Float32Array {
  if (way >= 1 || from === to) return to;
  const placed = new Float32Array(to.length);
  for (let i = 0; i < placed.length; i++) {
    const start = from[i]!;
    const goal = to[i]!;
    placed[i] = start === start ? start + (goal - start) * way : goal;
  }
  return placed;
}

/** The same numbers in one fixed order without meaning, so that no class is drawn above the others for its place in the file. */
export function shuffled(count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  let state = 0x9e3779b9;
  for (let i = count - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (i + 1));
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  return order;
}
