// What the page asks the server for. A newer request of the same kind ends the older one.
import { readSafetensors } from "../core/safetensors.ts";
import type { Tensor } from "../core/safetensors.ts";
import type { Page } from "../wire.ts";
import type {
  BackwardMade,
  Beginning,
  Changed,
  DesignWanted,
  EditedFilter,
  Designed,
  Difference,
  Explored,
  Failure,
  FreezeWanted,
  Job,
  Jobs,
  LookMade,
  Neuron,
  Paths,
  Reports,
  Tour,
  TourName,
  Unit,
} from "./wire.ts";

/** What went wrong, in one line, with what to do. */
export class Refused extends Error {
  readonly hint: string;
  readonly code: string;

  constructor(message: string, hint = "", code = "") {
    super(message);
    this.hint = hint;
    this.code = code;
  }
}

/** What went wrong and what to do, as the page says it. */
export const wordsOf = (error: unknown): string =>
  error instanceof Refused ? `${error.message} ${error.hint}`.trim() : String(error);

/** Anything that was thrown, as something to be told. */
export const asRefused = (error: unknown): Refused =>
  error instanceof Refused ? error : new Refused(String(error));

/** A sentence of the page out of the one line of an error: it may end with its hint and its code. */
export function refusalOf({ code = "", message = "", hint = "" }: Partial<Failure>): Refused {
  const line = message
    .replace(/ \[[a-z-]+\]$/, "")
    .replace(hint, "")
    .trim();
  return new Refused(line.charAt(0).toUpperCase() + line.slice(1), hint, code);
}

/** Whether the network is still being opened. */
export const isBeginning = (error: unknown): boolean =>
  error instanceof Refused && error.code === "beginning";

/** Whether the studio does not know what was asked for: a look it has given up, or never had. */
export const isLost = (error: unknown): error is Refused =>
  error instanceof Refused && error.code === "unknown-name";

const running = new Map<string, AbortController>();

/** Answers that lie in the page itself, in place of a server. */
export interface Store {
  json(path: string, body: unknown): unknown;
  tensors(path: string): ReadonlyMap<string, Tensor>;
}

let store: Store | null = null;

export function answerFrom(kept: Store) {
  store = kept;
}

/** Asks; `turn` names what a later question of the same name ends. */
export async function ask(path: string, turn: string, init: RequestInit = {}): Promise<Response> {
  if (store) {
    const { body } = init;
    return Response.json(store.json(path, typeof body === "string" ? JSON.parse(body) : null));
  }
  running.get(turn)?.abort();
  const controller = new AbortController();
  running.set(turn, controller);
  let answer: Response;
  try {
    answer = await fetch(path, { ...init, signal: controller.signal });
  } catch (error) {
    if (controller.signal.aborted) throw error;
    throw new Refused("The studio does not answer.", "Is it still running? Start it again.");
  } finally {
    if (running.get(turn) === controller) running.delete(turn);
  }
  if (!answer.ok) {
    const failure: Partial<Failure> = await answer.json().catch(() => ({}));
    throw failure.message
      ? refusalOf(failure)
      : new Refused(`The studio answered ${answer.status}.`, "Look at where it was started.");
  }
  return answer;
}

/** Whether a failure only says that a newer question took its place. */
export const isOvertaken = (error: unknown) =>
  error instanceof DOMException && error.name === "AbortError";

export async function tensors(
  path: string,
  turn: string,
  init: RequestInit = {},
): Promise<ReadonlyMap<string, Tensor>> {
  if (store) return store.tensors(path);
  const answer = await ask(path, turn, init);
  return readSafetensors(new Uint8Array(await answer.arrayBuffer()));
}

export const json = (body: unknown): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

export const network = async (): Promise<Explored> => (await ask("api/network", "network")).json();

export const samples = (first: number, count: number, side: number) =>
  tensors(`api/samples?first=${first}&count=${count}&side=${side}`, "samples");

export const lookAtSample = async (sample: number, turn = "look"): Promise<LookMade> =>
  (await ask("api/looks/sample", turn, json({ sample }))).json();

export const lookAtPicture = async (file: Blob): Promise<LookMade> =>
  (await ask("api/looks/picture", "look", { method: "POST", body: file })).json();

export const look = async (key: string, turn = "look"): Promise<LookMade> =>
  (await ask(`api/looks/${key}`, turn)).json();

/** The same input, with channels silenced or scaled and filters edited; with none, the network as it is. */
export const change = async (
  key: string,
  changes: readonly Changed[],
  edits: readonly EditedFilter[],
): Promise<LookMade> =>
  (await ask(`api/looks/${key}/changed`, "look", json({ changes, edits }))).json();

/** One look less another: strips and walls are asked for by its key. */
export const difference = async (key: string, other: string): Promise<Difference> =>
  (await ask(`api/looks/${key}/minus/${other}`, "difference")).json();

export const seen = (key: string) => tensors(`api/looks/${key}/input`, "input");

export const strips = (key: string, first: number, last: number, count: number, side: number) =>
  tensors(
    `api/looks/${key}/strips?first=${first}&last=${last}&count=${count}&side=${side}`,
    `strips ${first}`,
  );

export const wall = (key: string, row: number, side: number) =>
  tensors(`api/looks/${key}/walls/${row}?side=${side}`, "wall");

/** Some channels of a row, in the order asked for, on the row's scale; `turn` as each view has its own. */
export const channels = (
  key: string,
  row: number,
  which: readonly number[],
  side: number,
  turn: string,
) =>
  tensors(
    `api/looks/${key}/channels/${row}?which=${which.join(",")}&side=${side}`,
    `channels ${turn}`,
  );

/** Inputs of a neuron that are drawn; the others are one row of its sum. */
export const neuronParts = 12;

export const neuron = async (
  key: string,
  row: number,
  channel: number,
  at: readonly number[],
  by: string,
  about: number,
): Promise<Neuron> => {
  const asked = `at=${at.join(",")}&by=${by}&about=${about}&top=${neuronParts}`;
  return (await ask(`api/looks/${key}/neurons/${row}/${channel}?${asked}`, "neuron")).json();
};

/** The gradient of a unit at the input, summed over its channels: `gradient` (1, h, w). */
export const effective = (key: string, row: number, channel: number, at: readonly number[]) =>
  tensors(`api/looks/${key}/effective/${row}/${channel}?at=${at.join(",")}`, "effective");

/** The units of earlier rows that matter most to a unit, `count` a row. */
export const paths = async (
  key: string,
  row: number,
  channel: number,
  at: readonly number[],
  count: number,
): Promise<Paths> => {
  const asked = `at=${at.join(",")}&k=${count}`;
  return (await ask(`api/looks/${key}/paths/${row}/${channel}?${asked}`, "paths")).json();
};

export type OrderBy = "activation" | "class" | "gradient" | "similarity" | "alike";

/** Channels of a row by falling value: `order`, and `values` in that order; `other` is the look that likeness is to. */
export const order = (key: string, row: number, by: OrderBy, about: number, other = "") =>
  tensors(`api/looks/${key}/orders/${row}?by=${by}&about=${about}&other=${other}`, "order");

/** Norms of the gradient of an output's score at every row, last to first, the input at the end. */
export const backward = async (key: string, about: number): Promise<BackwardMade> =>
  (await ask(`api/looks/${key}/backward?about=${about}`, "backward")).json();

/** As `strips`, of the gradient of an output's score. */
export const backwardStrips = (
  key: string,
  about: number,
  first: number,
  last: number,
  count: number,
) =>
  tensors(
    `api/looks/${key}/backward/strips?about=${about}&first=${first}&last=${last}&count=${count}`,
    `backward strips ${first}`,
  );

/** As `wall`, of the gradient of an output's score. */
export const backwardWall = (key: string, row: number, about: number, side: number) =>
  tensors(`api/looks/${key}/backward/walls/${row}?about=${about}&side=${side}`, "backward wall");

/** The network one begins with. */
export const beginning = async (): Promise<DesignWanted> =>
  (await ask("api/design", "beginning")).json();

export const design = async (wanted: DesignWanted): Promise<Designed> =>
  (await ask("api/design", "design", json(wanted))).json();

/** The reports of the run's folder, and the pages of folders that were named. */
export const reports = async (): Promise<Reports> => (await ask("api/reports", "reports")).json();

export const report = async (key: string): Promise<Page> =>
  (await ask(`api/reports/${encodeURIComponent(key)}`, "report")).json();

export async function reportArrays(key: string): Promise<ReadonlyMap<string, Tensor>> {
  const answer = await ask(`api/reports/${encodeURIComponent(key)}/arrays`, "report arrays");
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return bytes.length > 0 ? readSafetensors(bytes) : new Map();
}

/** Begins long work. Each has a turn of its own, by all that is asked: one does not end the question for another. */
export async function beginJob(kind: Job["kind"], wanted: object): Promise<Job> {
  const turn = `begin ${kind} ${JSON.stringify(wanted)}`;
  return (await ask(`api/jobs/${kind}`, turn, json(wanted))).json();
}

/** Begins to cover a look's input part by part; sides of 0 are chosen by the server. */
export const beginOcclusion = (look: string, window_px = 0, stride_px = 0): Promise<Job> =>
  beginJob("occlusion", { look, window_px, stride_px });

/** Begins to look at every unit over at most so many samples. */
export const beginSurvey = (samples: number): Promise<Job> => beginJob("survey", { samples });

/** All long work that is known, the newest first: what a reloaded page goes on with. */
export const jobs = async (): Promise<Jobs> => (await ask("api/jobs", "jobs")).json();

export const job = async (key: string): Promise<Job> =>
  (await ask(`api/jobs/${key}`, `job ${key}`)).json();

export const endJob = async (key: string): Promise<Job> =>
  (await ask(`api/jobs/${key}`, `end ${key}`, { method: "DELETE" })).json();

/** Of an occlusion that is done: `maps`, `outputs`, `clean`, `grid`, `window_px`, `stride_px`. */
export const occlusionMaps = (key: string) => tensors(`api/jobs/${key}/result`, "occlusion");

/** What a unit answers to, by the newest survey. */
export const unit = async (row: number, channel: number): Promise<Unit> =>
  (await ask(`api/units/${row}/${channel}`, "unit")).json();

/** The inputs it answers to most strongly: `pictures`, `boxes`, `samples`, `values`. */
export const unitInputs = (row: number, channel: number) =>
  tensors(`api/units/${row}/${channel}/inputs`, "unit inputs");

export const tours = async (): Promise<TourName[]> => (await ask("api/tours", "tours")).json();

/** A tour through this network; `look` is what it begins with where there are no data. */
export const tour = async (name: string, look: string): Promise<Tour> =>
  (await ask(`api/tours/${encodeURIComponent(name)}?look=${look}`, "tour")).json();

/** The view as one file that opens without the studio. */
export const view = async (wanted: FreezeWanted): Promise<Blob> =>
  (await ask("api/view", "view", json(wanted))).blob();

/** How far the opening of the studio is; an answer that may wait comes when the studio is there, or after a quarter of a second. */
export const opening = async (waits: boolean): Promise<Beginning> =>
  (await ask(`api/beginning${waits ? "?waits" : ""}`, "opening")).json();
