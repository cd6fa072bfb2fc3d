// From a neuron to the channels it reads: how strong each line is, and where it runs.

export interface End {
  x: number;
  y: number;
}

export interface Link {
  path: string;
  /** In CSS pixels, the strongest 4. */
  width: number;
  /** 0 to 1. */
  opacity: number;
  rises: boolean;
}

const widest = 4;
const thinnest = 0.5;

/** The lines from places beneath the tiles of one row to a place above the neuron; the weakest first, beneath the others. */
export function linksTo(target: End, sources: readonly (End & { number: number })[]): Link[] {
  const most = sources.reduce((found, { number }) => Math.max(found, Math.abs(number)), 0) || 1;
  const byStrength = [...sources].sort((a, b) => Math.abs(a.number) - Math.abs(b.number));
  return byStrength.map(({ x, y, number }) => {
    const share = Math.abs(number) / most;
    const middle = (y + target.y) / 2;
    const control = [`${x} ${middle + 4}`, `${target.x} ${middle - 4}`, `${target.x} ${target.y}`];
    return {
      path: `M${x} ${y}C${control.join(" ")}`,
      width: Math.max(thinnest, widest * share),
      opacity: 0.25 + 0.65 * share,
      rises: number >= 0,
    };
  });
}
