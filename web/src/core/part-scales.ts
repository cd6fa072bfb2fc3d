// The scales that the rows of a sum share: one for inputs, one for weights, one for products.
import type { Part } from "../studio/wire.ts";
import type { Scale } from "../wire.ts";

export interface PartScales {
  input: Scale;
  weight: Scale;
  product: Scale;
}

const scaleOf = (
  lists: readonly (readonly number[])[],
  unit: string,
  mayBeOneSided: boolean,
): Scale => {
  let [low, high] = [0, 0];
  for (const list of lists) {
    for (const number of list) {
      low = Math.min(low, number);
      high = Math.max(high, number);
    }
  }
  const most = Math.max(-low, high);
  return mayBeOneSided && low === 0
    ? { kind: "sequential", low: 0, high: most, unit }
    : { kind: "diverging", low: -most, high: most, unit };
};

/** Inputs that are never below zero are magnitudes; weights and products always have a sign. */
export const scalesOf = (parts: readonly Part[]): PartScales => ({
  input: scaleOf(
    parts.map((part) => part.input),
    "input",
    true,
  ),
  weight: scaleOf(
    parts.map((part) => part.weight),
    "weight",
    false,
  ),
  product: scaleOf(
    parts.map((part) => part.product),
    "product",
    false,
  ),
});
