// Where the parts of a ranking stand at a width.

const gap = 14;
const name = 210;
const score = 100;
const difference = 150;
const least = 160;

/** Whether name, axis and figures fit beside each other, the grid's columns, and what is left for the axis. */
export function rankingGrid(width: number): { wide: boolean; columns: string; axis: number } {
  const axis = width - name - score - difference - 3 * gap;
  if (axis < least) return { wide: false, columns: "minmax(0, 1fr) minmax(0, 1fr)", axis: width };
  return { wide: true, columns: `${name}px ${axis}px ${score}px ${difference}px`, axis };
}
