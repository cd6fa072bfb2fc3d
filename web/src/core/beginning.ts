// The figures of a training as it goes, as a chart, and how far it is, in words.
import { seconds } from "./durations.ts";
import type { Beginning } from "../studio/wire.ts";
import type { Chart } from "../wire.ts";

/** The loss, or the first figure there is, over what was done; null before there are two points. */
export function chartOf(beginning: Beginning): Chart | null {
  const names = Object.keys(beginning.moments.at(-1)?.figures ?? {});
  const name = names.find((one) => one.includes("loss")) ?? names[0];
  const points = beginning.moments.filter(({ figures }) => name !== undefined && name in figures);
  if (name === undefined || points.length < 2) return null;
  const curve = {
    label: name,
    style: "solid" as const,
    x: points.map(({ done }) => done),
    y: points.map(({ figures }) => figures[name]!),
  };
  return {
    title: name.charAt(0).toUpperCase() + name.slice(1),
    unit: `each ${beginning.unit} as it was measured`,
    x_label: beginning.unit,
    curves: [curve],
    low: null,
    high: null,
    events: [],
  };
}

/** "train: 12 of 96 steps, about 30 s more". */
export function farWords({ task, done, total, unit, left_s }: Beginning): string {
  if (task === "") return "The library is being read.";
  const of = total === null ? "" : ` of ${total}`;
  const left = left_s === null ? "" : `, about ${seconds(left_s)} more`;
  return `${task}: ${done}${of} ${unit}s${left}`;
}
