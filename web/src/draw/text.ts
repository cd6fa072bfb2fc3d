// How wide words are in the smallest sans, which every axis and tile uses.

let context: CanvasRenderingContext2D | null = null;
const known = new Map<string, number>();

export function textWidth(text: string): number {
  const before = known.get(text);
  if (before !== undefined) return before;
  if (context === null) {
    context = document.createElement("canvas").getContext("2d");
    const style = getComputedStyle(document.documentElement);
    const size = parseFloat(style.fontSize) * 0.75;
    if (context) context.font = `${size}px ${style.getPropertyValue("--sans")}`;
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
