// Where the parts of a ranking stand at a width.

const gap = 14;
const name = 210;
const score = 100;
const difference = 150;
const least = 160;

/** Whether name, axis and figures fit beside each other, the grid's columns (one less where rows are not compared), and what is
 * left for the axis. */
export function rankingGrid(
  width: number,
  compares = true,
): { wide: boolean; columns: string; axis: number } {
  const axis = width - name - score - 2 * gap - (compares ? difference + gap : 0);
  if (axis < least) return { wide: false, columns: "minmax(0, 1fr) minmax(0, 1fr)", axis: width };
  const columns = [name, axis, score, ...(compares ? [difference] : [])];
  return { wide: true, columns: columns.map((column) => `${column}px`).join(" "), axis };
}
