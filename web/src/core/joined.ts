// Arrays that came in several files, whole again.
import type { Numbers, Tensor } from "./safetensors.ts";

/** Pieces of one name lie behind each other along their first axis, in the order of the files. */
export function joined(parts: readonly ReadonlyMap<string, Tensor>[]): ReadonlyMap<string, Tensor> {
  const pieces = new Map<string, Tensor[]>();
  for (const part of parts)
    for (const [name, tensor] of part) pieces.set(name, [...(pieces.get(name) ?? []), tensor]);
  return new Map(Array.from(pieces, ([name, found]) => [name, whole(found)]));
}

function whole(pieces: readonly Tensor[]): Tensor {
  const [first] = pieces as [Tensor];
  if (pieces.length === 1) return first;
  const length = pieces.reduce((sum, { data }) => sum + data.length, 0);
  const data: Numbers = new (first.data.constructor as new (length: number) => Numbers)(length);
  let at = 0;
  for (const piece of pieces) {
    data.set(piece.data as never, at);
    at += piece.data.length;
  }
  const count = pieces.reduce((sum, { shape }) => sum + shape[0]!, 0);
  return { ...first, data, shape: [count, ...first.shape.slice(1)] };
}
