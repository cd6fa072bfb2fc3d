// A map of samples beside the explorer: the present input marked, units as colours, chosen points as a question about units,
// and all of that in the address.
import { createContext } from "svelte";
import type { VectorMapView } from "../../figures/vector-map-view.svelte.ts";
import { rowsOf } from "../../core/lasso.ts";
import { ruleOf, textOf } from "../../core/map-choice.ts";
import { addressOf, saidIn, viewOf } from "../../core/views.ts";
import type { MapChannel } from "../../wire.ts";
import { isOvertaken, wordsOf } from "../api.ts";
import { studio } from "../studio.svelte.ts";
import type { Differences } from "../wire.ts";
import { differences, placedInput, unitValues } from "./map-api.ts";
import type { Made } from "./map-api.ts";

/** Units that are told of at most. */
export const unitsTold = 12;

export interface UnitOf {
  row: number;
  channel: number;
}

export class LinkedMap {
  readonly made: Made;
  map: VectorMapView | null = $state.raw(null);
  /** The unit that colours the map, or did. */
  unit: UnitOf | null = $state.raw(null);
  /** The row whose units are asked about; null for all. */
  row: number | null = $state(null);
  found: Differences | null = $state.raw(null);
  /** Where the present input stands, in words. */
  words = $state("");
  fault = $state("");
  readonly #pointOf: ReadonlyMap<number, number>;

  constructor(made: Made) {
    this.made = made;
    this.#pointOf = new Map(made.shown.samples.map((sample, point) => [sample, point]));
  }

  readonly unitName: string = $derived.by(() => {
    const name = studio.rows[this.unit?.row ?? -1]?.name;
    return name === undefined ? "" : `${name}, channel ${this.unit!.channel}`;
  });

  /** Takes the map as it is shown, and brings it to what the address says. */
  attach(map: VectorMapView) {
    this.map = map;
    this.follow();
  }

  follow() {
    const { map } = this;
    if (!map || viewOf(location.hash) !== "map") return;
    const said = saidIn(location.hash);
    const layer = map.layers.indexOf(said.get("layer") ?? "");
    const { placings } = map.figure;
    const method = said.get("as");
    const other = placings.findIndex(
      (one) => one.layer === map.layers[layer] && one.method === method,
    );
    if (layer >= 0) map.show(method && other >= 0 ? other : map.drawnOf(layer));
    const colour = said.get("colour") ?? "";
    const [, name, channel] = /^unit:(.+),(\d+)$/s.exec(colour) ?? [];
    if (name !== undefined) {
      const row = studio.rows.findIndex((one) => one.name === name);
      if (row >= 0) void this.colourByUnit({ row, channel: Number(channel) });
    } else if (map.channels.some((one) => one.name === colour)) map.colourBy(colour);
    const rule = ruleOf(said.get("choose") ?? "");
    if (rule) map.chooseBy(rule);
  }

  /** What the address says of the map as it is. */
  readonly address: string = $derived.by(() => {
    const { map } = this;
    if (!map) return addressOf("map");
    const placing = map.figure.placings[map.placing]!;
    const said: Record<string, string> = { layer: placing.layer };
    if (!placing.is_drawn) said.as = placing.method;
    const isUnit = map.added !== null && map.channel === map.added.name && this.unit !== null;
    if (isUnit) said.colour = `unit:${studio.rows[this.unit!.row]!.name},${this.unit!.channel}`;
    else if (map.channel !== map.figure.channels[0]?.name) said.colour = map.channel;
    if (map.rule) said.choose = textOf(map.rule);
    return addressOf("map", said);
  });

  async colourByUnit(unit: UnitOf) {
    await this.#told(async () => {
      const values = (await unitValues(this.made.key, unit.row, unit.channel)).get("values")!;
      const row = studio.rows[unit.row]!;
      this.unit = unit;
      const channel: MapChannel = {
        name: `${row.name} channel ${unit.channel}`,
        kind: "values",
        array: "unit",
        words: [],
        colours: [],
        unit: row.sizes.length > 0 ? "mean over its map, no unit" : "its value, no unit",
      };
      this.map?.colourByAnother(channel, values);
    });
  }

  /** Marks the present input: the point of its sample, else its place among the nearest. */
  async mark() {
    const { look, source } = studio;
    const { map } = this;
    if (!map || !look) return;
    const isAsGiven = source?.kind === "sample" && !studio.isAltered;
    const point = isAsGiven ? this.#pointOf.get(source.number) : undefined;
    if (point !== undefined) {
      map.marked = { words: "input", point, places: [] };
      if (map.point < 0) map.point = point;
      this.words = `The present input is a point of the map: ${map.figure.places[point] ?? map.figure.ids[point]}.`;
      return;
    }
    await this.#told(async () => {
      const placed = await placedInput(this.made.key, look.key);
      const places = map.figure.placings.map(({ layer, is_drawn }) => {
        const at = is_drawn ? placed.layers.find((one) => one.layer === layer) : undefined;
        return at ? ([at.x, at.y] as const) : null;
      });
      const words = studio.isAltered ? "input, changed" : "input";
      map.marked = { words, point: -1, places };
      this.words = placed.words;
    });
  }

  async askDifferences() {
    const chosen = this.map?.chosen;
    const points = chosen ? rowsOf(chosen) : [];
    if (points.length === 0 || points.length === this.map!.count) {
      this.found = null;
      return;
    }
    await this.#told(async () => {
      this.found = await differences(this.made.key, points, this.row, unitsTold);
    });
  }

  async #told(work: () => Promise<void>) {
    try {
      await work();
      this.fault = "";
    } catch (error) {
      if (isOvertaken(error)) return;
      this.fault = wordsOf(error);
    }
  }
}

export const [linkedMap, provideLinkedMap] = createContext<LinkedMap>();
