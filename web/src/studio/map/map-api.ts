// What the page asks about the map of the samples.
import { joined } from "../../core/joined.ts";
import type { Tensor } from "../../core/safetensors.ts";
import type { Page } from "../../wire.ts";
import { ask, beginJob, json, tensors } from "../api.ts";
import type { Differences, InputPlaced, Job, MapShown, MapWanted } from "../wire.ts";

/** A map that was made, with its arrays. */
export interface Made {
  key: string;
  shown: MapShown;
  page: Page;
  arrays: ReadonlyMap<string, Tensor>;
}

/** Begins to lay out samples of the data. */
export const beginMap = (wanted: MapWanted): Promise<Job> => beginJob("map", wanted);

export async function madeMap(key: string): Promise<Made> {
  const shown: MapShown = await (await ask(`api/maps/${key}`, "map")).json();
  const numbers = Array.from({ length: shown.parts }, (_, part) => part);
  const parts = await Promise.all(
    numbers.map((part) => tensors(`api/maps/${key}/arrays/${part}`, `map part ${part}`)),
  );
  return { key, shown, page: shown.page as unknown as Page, arrays: joined(parts) };
}

/** A unit's mean over its map, for each point: `values`. */
export const unitValues = (key: string, row: number, channel: number) =>
  tensors(`api/maps/${key}/units/${row}/${channel}`, "map unit");

/** Where a look's input goes among the points. */
export const placedInput = async (key: string, look: string): Promise<InputPlaced> =>
  (await ask(`api/maps/${key}/looks/${look}`, "map look")).json();

/** The units that tell points from all others, of one row or of all. */
export const differences = async (
  key: string,
  points: readonly number[],
  row: number | null,
  top: number,
): Promise<Differences> =>
  (await ask(`api/maps/${key}/differences`, "map differences", json({ points, row, top }))).json();
