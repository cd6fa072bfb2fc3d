// From what is known of points to their colours: a number of a colour for each point, and the words of the legend.
import { pixel } from "./oklab.ts";
import type { Tensor } from "./safetensors.ts";
import type { MapChannel } from "../wire.ts";

export type Rgb = readonly [number, number, number];

export interface Hues {
  classes: readonly Rgb[];
  grey: Rgb;
  sequential: Uint32Array;
}

export interface Entry {
  code: number;
  word: string;
  count: number;
  colour: Rgb;
  isRaised: boolean;
}

export interface Colouring {
  /** Of each point. */
  code: Uint16Array;
  /** Of each code, as pixels. */
  colours: Uint32Array;
  entries: Entry[];
  /** For values: the ends of the scale, and the share of values beyond its upper one. */
  low: number;
  high: number;
  beyond: number;
}

/** Steps of a scale of values; the code after them is for the unknown. */
const steps = 256;
/** The scale begins one anchor above the paper: a dot in the paper's colour would not be there. */
export const firstShade = 32;

const rgbOf = (colour: number): Rgb => [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255];

export function colouringOf(channel: MapChannel, tensor: Tensor, hues: Hues): Colouring {
  return channel.kind === "values"
    ? byValue(tensor.data, hues)
    : byWord(channel, tensor.data, hues);
}

function byWord(channel: MapChannel, data: ArrayLike<number>, hues: Hues): Colouring {
  const unknown = channel.words.length;
  const code = new Uint16Array(data.length);
  const counts = new Array<number>(unknown + 1).fill(0);
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    code[i] = value >= 0 && value < unknown ? value : unknown;
    counts[code[i]!]!++;
  }
  const colourOf = (value: number) => hues.classes[channel.colours[value] ?? -1] ?? hues.grey;
  const words = [...channel.words, "not known"];
  return {
    code,
    colours: Uint32Array.from(words, (_, value) => pixel(...colourOf(value))),
    entries: words.flatMap((word, value): Entry[] => {
      const count = counts[value]!;
      const isRaised = channel.kind === "flags" && value === 1;
      return count ? [{ code: value, word, count, colour: colourOf(value), isRaised }] : [];
    }),
    low: NaN,
    high: NaN,
    beyond: 0,
  };
}

function byValue(data: ArrayLike<number>, hues: Hues): Colouring {
  const known = Array.from(data).filter((value) => value === value);
  const sorted = Float64Array.from(known).sort();
  const low = sorted[0] ?? 0;
  // One value in a hundred may be larger than all others together; it would leave one colour for the rest.
  const high = sorted[Math.ceil(0.99 * sorted.length) - 1] ?? 1;
  const beyond = sorted.length ? known.filter((value) => value > high).length / sorted.length : 0;
  const code = new Uint16Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const share = (data[i]! - low) / (high - low || 1);
    code[i] = share === share ? Math.round((steps - 1) * Math.min(1, Math.max(0, share))) : steps;
  }
  const colours = new Uint32Array(steps + 1);
  for (let step = 0; step < steps; step++) {
    const place = firstShade + ((255 - firstShade) * step) / (steps - 1);
    colours[step] = hues.sequential[Math.round(place)]!;
  }
  colours[steps] = pixel(...hues.grey);
  return { code, colours, entries: [], low, high, beyond };
}

/** The colour of a code as CSS reads it. */
export const cssOf = (colour: number) => `rgb(${rgbOf(colour).join(" ")})`;

/** A colour on paper as if it were seen through: what stands back. */
export const paled = (colour: Rgb, paper: Rgb, share: number): Rgb =>
  [0, 1, 2].map((k) => Math.round(paper[k]! + (colour[k]! - paper[k]!) * share)) as unknown as Rgb;
