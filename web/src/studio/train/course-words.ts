// The course of a training in words and numbers.
import { column } from "../../core/columns.ts";
import { largestOf, sharedScale } from "../../core/course.ts";
import { measured, probable } from "../../core/numbers.ts";
import type { Scale, Table } from "../../wire.ts";
import type { Answer, LayerRow } from "../wire.ts";
import type { Station } from "./courses.svelte.ts";

export const capital = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);

const bestOf = (answers: readonly Answer[]) =>
  answers.reduce<Answer | null>((a, b) => (a === null || b.score > a.score ? b : a), null);

/** What a moment answers, in words; empty for filters. */
export function answerWords(answers: readonly Answer[], isShare: boolean): string {
  const best = bestOf(answers);
  if (best === null) return "";
  return `answers ${best.name}, ${isShare ? probable(best.probability) : measured(best.probability)}`;
}

/** One scale for all moments. */
export const coursesScale = (stations: readonly Station[]): Scale => {
  const isMaps = stations.some(({ peaks }) => peaks !== null);
  const pictures = stations.map(({ values }) => values);
  return sharedScale(pictures, isMaps ? "activation, no unit" : "weight, no unit");
};

/** Numbers of the layers that rectify, whose channels show most; of all if none does. */
export function layersShown(rows: readonly LayerRow[]): number[] {
  const numbers = rows.map((_, number) => number);
  const rectified = numbers.filter((number) => rows[number]!.is_rectified);
  return rectified.length > 0 ? rectified : numbers;
}

/** Every moment as a row. */
export function courseTable(stations: readonly Station[], isShare: boolean): Table {
  const hasAnswers = stations.some(({ answers }) => answers.length > 0);
  const rows = stations.map(({ version, values, peaks, answers }) => {
    const best = bestOf(answers);
    const said = best
      ? [best.name, isShare ? probable(best.probability) : measured(best.probability)]
      : [];
    const largest = peaks ? Math.max(...Array.from(peaks, Math.abs)) : largestOf([values]);
    return [capital(version.words), version.step, measured(largest), ...said];
  });
  return {
    columns: [
      column("Moment", { align: "left" }),
      column("Step"),
      column("Largest magnitude"),
      ...(hasAnswers ? [column("Answer"), column(isShare ? "Probability" : "Value")] : []),
    ],
    rows,
    foot: null,
    caption: "Moment by moment",
  };
}
