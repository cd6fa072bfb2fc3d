// The tokens as a canvas needs them.
import { lookupTable, rgbOfHex } from "../core/oklab.ts";
import type { Tables } from "../core/shade.ts";

export interface Palette {
  tables: Tables;
  classes: (readonly [number, number, number])[];
  ink: string;
  ink2: string;
  ink3: string;
  line: string;
  hair: string;
  paper: string;
  accent: string;
  rises: string;
  falls: string;
}

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(name).trim();
  const row = (name: string, count: number) =>
    Array.from({ length: count }, (_, i) => token(`--${name}-${i}`));
  return {
    tables: {
      sequential: lookupTable(row("seq", 9)),
      diverging: lookupTable(row("div", 9)),
    },
    classes: row("class", 12).map(rgbOfHex),
    ink: token("--ink"),
    ink2: token("--ink-2"),
    ink3: token("--ink-3"),
    line: token("--line"),
    hair: token("--hair"),
    paper: token("--paper"),
    accent: token("--accent"),
    rises: token("--rises"),
    falls: token("--falls"),
  };
}
