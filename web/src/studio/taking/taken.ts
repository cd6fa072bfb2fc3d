// Where what is taken away comes from, in a line.
import { comparing } from "../input/comparing.svelte.ts";
import { studio } from "../studio.svelte.ts";

/** The line beneath a picture: what it is of, whose network, which input. */
export function takenFrom(...what: string[]): string {
  const { explored, look } = studio;
  const input = comparing.words || look?.words || "";
  return [...what, explored?.name, input, look?.changed].filter(Boolean).join(" · ");
}

/** A size in bytes, in words. */
export function bytesWords(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const [size, unit] = bytes < 2 ** 20 ? [bytes / 1024, "KiB"] : [bytes / 2 ** 20, "MiB"];
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${unit}`;
}

export const mostFileBytes = 256 * 2 ** 20;
