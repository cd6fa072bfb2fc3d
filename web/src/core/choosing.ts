// Some entries of an array's first axis, in the order asked for.
import type { Tensor } from "./safetensors.ts";

export function chosenOf(tensor: Tensor, which: readonly number[]): Tensor {
  const size = tensor.shape.slice(1).reduce((product, side) => product * side, 1);
  const Numbers = tensor.data.constructor as new (size: number) => Tensor["data"];
  const data = new Numbers(which.length * size);
  which.forEach((entry, i) => {
    data.set(tensor.data.subarray(entry * size, (entry + 1) * size) as never, i * size);
  });
  return { shape: [which.length, ...tensor.shape.slice(1)], data, scale: tensor.scale };
}
