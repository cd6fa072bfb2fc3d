// Round numbers on an axis.
import { fixed } from "./numbers.ts";

export interface Ticks {
  values: number[];
  decimals: number;
}

/** Three to five round numbers within `low` … `high`, steps of 1, 2, 2.5 or 5 times a power of ten. */
export function ticks(low: number, high: number, aim = 4): Ticks {
  const span = high - low;
  if (!(span > 0)) return { values: [low], decimals: Number.isInteger(low) ? 0 : 2 };
  const step = roundStep(span / aim);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const decimals = decimalsOf(step);
  const values: number[] = [];
  for (let i = first; i <= last; i++) values.push(Number((i * step).toFixed(decimals)));
  return { values, decimals };
}

function decimalsOf(step: number): number {
  const text = String(Number(step.toPrecision(6)));
  const exponent = Number(/e-(\d+)$/.exec(text)?.[1] ?? 0);
  return exponent + (/\.(\d+)/.exec(text)?.[1]?.length ?? 0);
}

function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const ratio = least / power - 1e-9;
  return power * (ratio <= 1 ? 1 : ratio <= 2 ? 2 : ratio <= 2.5 ? 2.5 : ratio <= 5 ? 5 : 10);
}

/** Round numbers between, and both ends of what was measured: the axis of time or epochs. */
export function ticksWithEnds(low: number, high: number, aim = 3): Ticks {
  const whole = Number.isInteger(low) && Number.isInteger(high);
  const found = ticks(low, high, aim);
  // Between whole ends, halves would be epochs that never were.
  const values = whole ? found.values.filter(Number.isInteger) : found.values;
  const decimals = whole ? 0 : found.decimals;
  const room = 0.14 * (high - low);
  const inner = values.filter((value) => value - low > room && high - value > room);
  return { values: low === high ? [low] : [low, ...inner, high], decimals };
}

/** The axis from 0, unless all values lie high above it. */
export function domain(values: readonly number[], low: number | null, high: number | null) {
  const least = low ?? Math.min(...values);
  const most = high ?? Math.max(...values);
  const fromZero = low === null && least > 0 && least < 0.6 * most;
  const start = fromZero ? 0 : least;
  const step = most > start ? roundStep((most - start) / 4) : 1;
  const clean = (x: number) => Number(x.toPrecision(12));
  return {
    low: low ?? clean(Math.floor(start / step + 1e-9) * step),
    high: high ?? clean(Math.max(start + step, Math.ceil(most / step - 1e-9) * step)),
  };
}

export const tickText = (value: number, { decimals }: Ticks) =>
  value === 0 ? "0" : fixed(value, decimals);
