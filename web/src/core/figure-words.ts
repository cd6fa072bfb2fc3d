// Words and colours of a picture that is taken away: what stands on one line, and what a ramp of colours is made of.

export interface Word {
  text: string;
  left: number;
  top: number;
}

/** Words in reading order, joined where they stand on one line. */
export function linesOf(words: readonly Word[]): Word[] {
  const lines: Word[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last && Math.abs(last.top - word.top) < 2 && word.left > last.left) {
      last.text += ` ${word.text}`;
    } else lines.push({ ...word });
  }
  return lines;
}

/** The colours of a CSS gradient, in their order; none of anything else. */
export function colourStops(background: string): string[] {
  if (!background.startsWith("linear-gradient(")) return [];
  return background.match(/(?:rgba?|oklab|oklch|color)\([^)]*\)|#[0-9a-f]{3,8}\b/gi) ?? [];
}

/** A file's name out of words. */
export const fileStem = (text: string) =>
  (text.toLowerCase().match(/[a-z0-9]+/g) ?? ["striate"]).slice(0, 6).join("-");
