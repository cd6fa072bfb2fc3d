// The whole view in the address: `#/explore?input=sample:2436&layer=conv4&unit=26&at=7,5&sort=activation`.

import { changesFrom, changesText, sourceFrom, sourceText, whole } from "./address-parts.ts";
import type { ChangedAt, Source } from "./address-parts.ts";
import { tourFrom } from "./tour-place.ts";

export type { ChangedAt, Source } from "./address-parts.ts";
export type Sort = "activation" | "number" | "active" | "class" | "gradient" | "alike";
export type By = "contribution" | "weight" | "gradient";

export const sorts: readonly Sort[] = [
  "activation",
  "number",
  "active",
  "class",
  "gradient",
  "alike",
];
export const bys: readonly By[] = ["contribution", "weight", "gradient"];

/** What the layers show while another version stands beside: the watched network, the version, or their difference. */
export type Layers = "look" | "version" | "difference";
const layersShown: readonly Layers[] = ["look", "version", "difference"];

/** What the layers show: values, or the gradient of the output asked about. */
export type Shown = "values" | "gradient";

export interface Address {
  input: Source | null;
  /** The unfolded layer, by name; that of the unit if there is one and no other is open. */
  open: string;
  layer: string;
  unit: number | null;
  at: readonly number[];
  sort: Sort;
  by: By;
  /** Number of the output whose score gradients are of; null is the likeliest. */
  about: number | null;
  /** Name of the version that stands beside; empty for none. */
  beside: string;
  layers: Layers;
  shown: Shown;
  /** Channels that were silenced or scaled. */
  changed: readonly ChangedAt[];
  /** The input that is kept to compare with. */
  kept: Source | null;
  /** Whether the layers show the input less the kept one. */
  less: boolean;
  /** A guided tour and the number of its step, from 1: "first-steps:3". */
  tour: string;
}

export const nowhere: Address = {
  input: null,
  open: "",
  layer: "",
  unit: null,
  at: [],
  sort: "activation",
  by: "contribution",
  about: null,
  beside: "",
  layers: "look",
  shown: "values",
  changed: [],
  kept: null,
  less: false,
  tour: "",
};

const oneOf = <T extends string>(text: string | null, known: readonly T[], otherwise: T): T =>
  known.find((value) => value === text) ?? otherwise;

/** Reads an address; what it does not understand is left as at the start. */
export function addressFrom(hash: string): Address {
  const [, query = ""] = /^#\/explore\?(.*)$/s.exec(hash) ?? [];
  const said = new URLSearchParams(query);
  const at = (said.get("at") ?? "").split(",").map(whole);
  const unit = whole(said.get("unit"));
  const layer = said.get("layer") ?? "";
  return {
    input: sourceFrom(said.get("input")),
    open: said.get("open") ?? layer,
    layer,
    unit,
    at: at.some((place) => place === null) ? [] : (at as number[]),
    sort: oneOf(said.get("sort"), sorts, nowhere.sort),
    by: oneOf(said.get("by"), bys, nowhere.by),
    about: whole(said.get("about")),
    beside: said.get("with") ?? "",
    layers: oneOf(said.get("layers"), layersShown, nowhere.layers),
    shown: oneOf(said.get("shown"), ["values", "gradient"], nowhere.shown),
    changed: changesFrom(said.get("changed")),
    kept: sourceFrom(said.get("kept")),
    less: said.get("less") === "kept",
    tour: tourFrom(said.get("tour")),
  };
}

/** Writes an address; what is as at the start is left out, and no sign is escaped that need not be. */
export function hashOf(address: Address): string {
  const { input, open, layer, unit, at, sort, by, about, beside, layers } = address;
  const { shown, changed, kept, less, tour } = address;
  const parts: [string, string][] = [];
  if (input) parts.push(["input", sourceText(input)]);
  if (layer) parts.push(["layer", layer]);
  if (unit !== null) parts.push(["unit", String(unit)]);
  if (at.length > 0) parts.push(["at", at.join(",")]);
  if (open !== layer) parts.push(["open", open]);
  if (sort !== nowhere.sort) parts.push(["sort", sort]);
  if (by !== nowhere.by) parts.push(["by", by]);
  if (about !== null) parts.push(["about", String(about)]);
  if (beside) parts.push(["with", beside]);
  if (beside && layers !== nowhere.layers) parts.push(["layers", layers]);
  if (shown !== nowhere.shown) parts.push(["shown", shown]);
  if (changed.length > 0) parts.push(["changed", changesText(changed)]);
  if (kept) parts.push(["kept", sourceText(kept)]);
  if (less) parts.push(["less", "kept"]);
  if (tour) parts.push(["tour", tour]);
  const escaped = (text: string) =>
    encodeURIComponent(text).replace(/%(?:3A|2C|2F)/g, decodeURIComponent);
  const query = parts.map(([name, value]) => `${name}=${escaped(value)}`).join("&");
  return `#/explore${query && `?${query}`}`;
}
