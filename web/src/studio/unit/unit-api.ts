// What a unit's own page asks the server for.
import { ask, beginJob, tensors } from "../api.ts";
import type { GrownImage, Job, UnitFigures, UnitFilter } from "../wire.ts";

const of = (row: number, channel: number) => `api/units/${row}/${channel}`;

export const filter = async (row: number, channel: number): Promise<UnitFilter> =>
  (await ask(`${of(row, channel)}/filter`, "filter")).json();

/** Its kernels: `filter` (k, h, w), `weights` as numbers. */
export const filterPictures = (row: number, channel: number) =>
  tensors(`${of(row, channel)}/filter/pictures`, "filter pictures");

export const figures = async (row: number, channel: number): Promise<UnitFigures> =>
  (await ask(`${of(row, channel)}/figures`, "figures")).json();

/** Begins to grow an image that the unit, or the output, answers to most. */
export const beginImage = (row: number, channel: number): Promise<Job> =>
  beginJob("unit-image", { row, channel });

export const grown = async (key: string): Promise<GrownImage> =>
  (await ask(`api/jobs/${key}/grown`, "grown")).json();

/** Begins to cover a sample part by part, and to watch the unit's value. */
export const beginCovering = (row: number, channel: number, sample: number): Promise<Job> =>
  beginJob("unit-occlusion", { row, channel, sample });

/** What a job made: `pictures` of a grown image; `map`, `grid`, `clean`, `at` of a covering. */
export const made = (key: string) => tensors(`api/jobs/${key}/result`, `made ${key}`);
