// Twelve colours can be told apart; with more classes, the largest twelve have them and the rest are grey.

/** The colour number of each class, or -1 for grey. A class keeps the number of its place while that is below twelve. */
export function classColours(labels: ArrayLike<number>, classes: number, colours = 12): number[] {
  if (classes <= colours) return Array.from({ length: classes }, (_, i) => i);
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < labels.length; i++) counts[labels[i]!] = (counts[labels[i]!] ?? 0) + 1;
  const largest = counts
    .map((count, of) => ({ count, of }))
    .sort((a, b) => b.count - a.count || a.of - b.of)
    .slice(0, colours)
    .map(({ of }) => of)
    .sort((a, b) => a - b);
  return counts.map((_, of) => largest.indexOf(of));
}
