// What the chosen points share: counted once, told beside the map in a sentence and under it in tables.
import { rowsOf } from "../core/lasso.ts";
import { rowOf, sentenceOf } from "../core/sharing-words.ts";
import type { SharedRow } from "../core/sharing-words.ts";
import { logFactorials, median, shared } from "../core/sharing.ts";
import type { MapChannel } from "../wire.ts";
import type { VectorMapView } from "./vector-map-view.svelte.ts";

const valuesShown = 6;

export interface SharedGroup {
  channel: MapChannel;
  rows: SharedRow[];
  more: number;
}

export class MapSharing {
  readonly #map: VectorMapView;
  readonly #logs: Float64Array;

  constructor(map: VectorMapView) {
    this.#map = map;
    this.#logs = logFactorials(map.count);
  }

  readonly rows: readonly number[] = $derived.by(() =>
    this.#map.chosen ? rowsOf(this.#map.chosen) : [],
  );

  readonly groups: readonly SharedGroup[] = $derived.by(() => {
    const { chosen, channels } = this.#map;
    if (!chosen) return [];
    return channels
      .filter((channel) => channel.kind !== "values")
      .map((channel) => {
        const data = this.#map.data(channel);
        const found = shared(data, channel.words.length, chosen, this.#logs);
        const rows = found.rows
          .filter((one) => one.here > 0)
          .map((one) => rowOf(one, channel.words[one.value]!, found.known, found.whole));
        return { channel, rows: rows.slice(0, valuesShown), more: rows.length - valuesShown };
      })
      .filter((group) => group.rows.length > 0);
  });

  readonly medians = $derived.by(() => {
    const { chosen, channels } = this.#map;
    if (!chosen) return [];
    return channels
      .filter((channel) => channel.kind === "values")
      .map((channel) => {
        const data = this.#map.data(channel);
        return { channel, here: median(data, chosen), whole: median(data, null) };
      })
      .filter(({ here }) => here === here);
  });

  readonly sentence: string = $derived.by(() => {
    const [first] = this.groups;
    return sentenceOf(this.rows.length, first?.channel.name ?? "", first?.rows[0]);
  });
}
