// What keys do on the map. Letters count only while the map has the focus.

export type MapAction =
  | { do: "step"; way: [number, number] }
  | { do: "pan"; way: [number, number] }
  | { do: "zoom"; by: number }
  | {
      do:
        | "whole"
        | "first"
        | "flip"
        | "wider"
        | "narrower"
        | "lasso"
        | "pictures"
        | "clear"
        | "undo"
        | "open";
    };

const ways: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

const others: Record<string, MapAction> = {
  "+": { do: "zoom", by: 1.5 },
  "=": { do: "zoom", by: 1.5 },
  "-": { do: "zoom", by: 1 / 1.5 },
  "0": { do: "whole" },
  Home: { do: "first" },
  " ": { do: "flip" },
  "]": { do: "wider" },
  c: { do: "wider" },
  "[": { do: "narrower" },
  C: { do: "narrower" },
  l: { do: "lasso" },
  t: { do: "pictures" },
  u: { do: "undo" },
  Escape: { do: "clear" },
  Enter: { do: "open" },
};

export interface Key {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

/** What a key means here; null where it means nothing and stays the browser's. */
export function actionOf({ key, ctrlKey, metaKey, altKey, shiftKey }: Key): MapAction | null {
  if (altKey) return null;
  if (ctrlKey || metaKey) return key === "z" ? { do: "undo" } : null;
  const way = ways[key];
  if (way) return { do: shiftKey ? "pan" : "step", way };
  return others[key] ?? null;
}
