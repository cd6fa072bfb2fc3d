// Channels silenced or scaled: the list as it is asked for, and what it did to the answers.
import type { Answer, Changed } from "../studio/wire.ts";

/** The list with one channel's factor set; 1 is no change. */
export function withFactor(
  changes: readonly Changed[],
  row: number,
  channel: number,
  factor: number,
): Changed[] {
  const others = changes.filter((one) => one.row !== row || one.channel !== channel);
  return factor === 1 ? others : [...others, { row, channel, factor }];
}

export const factorOf = (changes: readonly Changed[], row: number, channel: number): number =>
  changes.find((one) => one.row === row && one.channel === channel)?.factor ?? 1;

export interface Moved {
  name: string;
  before: number;
  after: number;
}

/** The outputs that moved most, most first; those that did not move are left out. */
export function moved(before: readonly Answer[], after: readonly Answer[], most: number): Moved[] {
  const was = new Map(before.map((answer) => [answer.number, answer.probability]));
  return after
    .map(({ number, name, probability }) => ({
      name,
      before: was.get(number) ?? Number.NaN,
      after: probability,
    }))
    .filter((one) => one.before !== one.after && !Number.isNaN(one.before))
    .sort((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before))
    .slice(0, most);
}
