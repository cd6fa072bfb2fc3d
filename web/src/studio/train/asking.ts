// What the page asks about trainings.
import { ask, json } from "../api.ts";
import type { TrainingRow, TrainingShown, TrainingWanted, Trainings } from "../wire.ts";

/** What changes while it is looked at is never taken out of the browser's store, nor waited for there. */
const fresh: RequestInit = { cache: "no-store" };

const place = (name: string) => `api/trainings/${encodeURIComponent(name)}`;

export const trainings = async (): Promise<Trainings> =>
  (await ask("api/trainings", "trainings", fresh)).json();

export const training = async (name: string): Promise<TrainingShown> =>
  (await ask(place(name), "training", fresh)).json();

export const begin = async (wanted: TrainingWanted): Promise<TrainingRow> =>
  (await ask("api/trainings", "begin training", json(wanted))).json();

export const resume = async (name: string): Promise<TrainingRow> =>
  (await ask(`${place(name)}/resume`, "begin training", { method: "POST" })).json();

export const stop = async (name: string): Promise<TrainingRow> =>
  (await ask(place(name), "stop training", { method: "DELETE" })).json();
