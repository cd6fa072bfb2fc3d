// Parts of an address that are more than a word: an input, and channels that were changed.

/** What goes in: a sample by its number, or a look that was made of a drawing or a picture, by its key. */
export type Source = { kind: "sample"; number: number } | { kind: "look"; key: string };

/** A channel's values times a factor, its layer by name. */
export interface ChangedAt {
  layer: string;
  channel: number;
  factor: number;
}

export const whole = (text: string | null): number | null =>
  text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null;

export function sourceFrom(text: string | null): Source | null {
  const number = whole(text?.startsWith("sample:") ? text.slice(7) : null);
  if (number !== null) return { kind: "sample", number };
  const key = /^look:([0-9a-f]{4,64})$/.exec(text ?? "")?.[1];
  return key === undefined ? null : { kind: "look", key };
}

export const sourceText = (source: Source) =>
  source.kind === "sample" ? `sample:${source.number}` : `look:${source.key}`;

export const isSameSource = (one: Source | null, other: Source | null) =>
  one === other || (one !== null && other !== null && sourceText(one) === sourceText(other));

/** Reads "conv1:3:0;conv2:5:2.5"; what does not read is left out. */
export function changesFrom(text: string | null): ChangedAt[] {
  return (text ?? "").split(";").flatMap((part) => {
    const [, layer = "", channel = "", factor = ""] =
      /^(.+):(\d{1,9}):(-?[\d.]+(?:e[+-]?\d+)?)$/.exec(part) ?? [];
    const by = Number(factor);
    return layer && Number.isFinite(by) ? [{ layer, channel: Number(channel), factor: by }] : [];
  });
}

export const changesText = (changes: readonly ChangedAt[]) =>
  changes.map(({ layer, channel, factor }) => `${layer}:${channel}:${factor}`).join(";");
