// What the page asks about other versions of the network.
import type { Tensor } from "../../core/safetensors.ts";
import { ask, tensors } from "../api.ts";
import type { Beside, VersionRow } from "../wire.ts";

export const versions = async (): Promise<VersionRow[]> =>
  (await ask("api/versions", "versions")).json();

/** The input of a look in a version; `turn` as each view has its own. */
export const lookBeside = async (key: string, version: string, turn: string): Promise<Beside> => {
  const asked = `api/looks/${key}/beside?version=${encodeURIComponent(version)}`;
  return (await ask(asked, `beside ${turn}`)).json();
};

/** Every channel of a row, as `wall` of the explorer, which has its own turn. */
export const wallOf = (
  key: string,
  row: number,
  side: number,
  turn: string,
): Promise<ReadonlyMap<string, Tensor>> =>
  tensors(`api/looks/${key}/walls/${row}?side=${side}`, `wall ${turn}`);

/** Filters of the convolution that reads the input: `values`, and `shape` of the weights. */
export const filters = (version: string, turn: string): Promise<ReadonlyMap<string, Tensor>> =>
  tensors(`api/versions/filters?version=${encodeURIComponent(version)}`, `filters ${turn}`);
