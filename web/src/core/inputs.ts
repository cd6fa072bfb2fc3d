// Which channels a neuron reads in a row, strongest first: its strip while the neuron is looked at.
import type { Neuron } from "../studio/wire.ts";
import { decimalsFor, signedFixed } from "./neuron-words.ts";

export interface Input {
  channel: number;
  number: number;
}

/** What a neuron reads in one row, by what it adds; a channel that is read at several places counts once, with all of it. */
export function inputsOf(neuron: Neuron, row: number, most: number): Input[] {
  const added = new Map<number, number>();
  for (const part of neuron.parts) {
    if (part.row !== row) continue;
    added.set(part.channel, (added.get(part.channel) ?? 0) + part.number);
  }
  const found = Array.from(added, ([channel, number]) => ({ channel, number }));
  found.sort((a, b) => Math.abs(b.number) - Math.abs(a.number) || a.channel - b.channel);
  return found.slice(0, most);
}

/** Signed, with the same decimals for all: short enough for beneath a tile. */
export function inputWords(inputs: readonly Input[]): string[] {
  const three = decimalsFor(inputs.map(({ number }) => number));
  const isLong = three > 2 || inputs.some(({ number }) => Math.abs(number) >= 9.995);
  const decimals = Math.max(0, isLong ? three - 1 : three);
  return inputs.map(({ number }) => signedFixed(number, decimals));
}

/** The rows a neuron reads directly; the input, which has no strip, is not one of them. */
export const rowsRead = (neuron: Neuron): number[] =>
  [...new Set(neuron.parts.map((part) => part.row))].filter((row) => row >= 0);
