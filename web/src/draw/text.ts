// How wide words are in the smallest sans, which every axis and tile uses.

let context: CanvasRenderingContext2D | null = null;

let sans: { size: number; family: string } | null = null;

/** That sans for a canvas of so many device pixels a CSS pixel. Read once: asking for it settles the whole page's style. */
export function microFont(ratio: number): string {
  if (sans === null) {
    const style = getComputedStyle(document.documentElement);
    sans = { size: parseFloat(style.fontSize) * 0.75, family: style.getPropertyValue("--sans") };
  }
  return `${sans.size * ratio}px ${sans.family}`;
}

const known = new Map<string, number>();

export function textWidth(text: string): number {
  const before = known.get(text);
  if (before !== undefined) return before;
  if (context === null) {
    context = document.createElement("canvas").getContext("2d");
    if (context) context.font = microFont(1);
  }
  const width = context?.measureText(text).width ?? 7 * text.length;
  known.set(text, width);
  return width;
}

export const widest = (texts: Iterable<string>) => {
  let width = 0;
  for (const text of texts) width = Math.max(width, textWidth(text));
  return width;
};
