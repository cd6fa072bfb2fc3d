// Where what is taken away comes from, in a line.
import { measured } from "../../core/numbers.ts";
import type { Tensor } from "../../core/safetensors.ts";
import { comparing } from "../input/comparing.svelte.ts";
import { studio } from "../studio.svelte.ts";
import { besides } from "../versions/besides.svelte.ts";

/** The line beneath a picture of the input or of a neuron: what it is of, whose network, which input. */
export function takenFrom(...what: string[]): string {
  const { explored, look } = studio;
  return [...what, explored?.name, look?.words, look?.changed].filter(Boolean).join(" · ");
}

/** The same of what the layers show: it may be of a version beside the network, or one look less another. */
export function layersTakenFrom(...what: string[]): string {
  const { explored, look } = studio;
  const network = [explored?.name, besides.shown].filter(Boolean).join(" ");
  const input = comparing.words || look?.words;
  return [...what, network, input, look?.changed].filter(Boolean).join(" · ");
}

/** How much a picture's colours stand for; a layer without values below zero is shown by magnitude. */
export const scaleWords = (values: Tensor): string => {
  const high = measured(127 * values.scale);
  return `scale ${values.data.some((value) => value < 0) ? `±${high}` : `0 to ${high}`}`;
};

/** A size in bytes, in words. */
export function bytesWords(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const [size, unit] = bytes < 2 ** 20 ? [bytes / 1024, "KiB"] : [bytes / 2 ** 20, "MiB"];
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${unit}`;
}

export const mostFileBytes = 256 * 2 ** 20;
