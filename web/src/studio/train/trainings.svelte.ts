// The trainings beside the watched network: which there are, the one that is shown, and what goes on.
import { goesOn } from "../../core/jobs.ts";
import { asRefused, isOvertaken } from "../api.ts";
import type { Refused } from "../api.ts";
import type { TrainingRow, TrainingShown, Trainings } from "../wire.ts";
import * as asking from "./asking.ts";

const everyMs = 1000;
/** Also of one that another process trains. */
const changes = (row: TrainingRow) => goesOn(row) || row.state === "elsewhere";

export class Followed {
  all: Trainings | null = $state.raw(null);
  shown: TrainingShown | null = $state.raw(null);
  /** Name of the training that is shown. */
  name = $state("");
  /** What could not be done, until something else is; and what could not be read, until it can. */
  #undone: Refused | null = $state.raw(null);
  #unread: Refused | null = $state.raw(null);
  #timer = 0;
  #isLeft = false;

  get fault(): Refused | null {
    return this.#undone ?? this.#unread;
  }

  /** Reads what there is, and follows it until the view is left. */
  async begin(name: string) {
    this.name = name;
    await this.#read();
  }

  leave() {
    this.#isLeft = true;
    clearTimeout(this.#timer);
  }

  async choose(name: string) {
    this.name = name;
    this.#undone = null;
    await this.#read();
  }

  /** Does something to a training, and shows it. */
  async act(work: () => Promise<TrainingRow>): Promise<boolean> {
    try {
      this.name = (await work()).name;
      this.#undone = null;
    } catch (error) {
      if (!isOvertaken(error)) this.#undone = asRefused(error);
      return false;
    }
    await this.#read();
    return true;
  }

  async #read() {
    clearTimeout(this.#timer);
    try {
      const all = await asking.trainings();
      this.all = all;
      const known = all.trainings.map(({ name }) => name);
      if (!known.includes(this.name)) this.name = known[0] ?? "";
      if (!this.name) this.shown = null;
      else {
        const shown = await asking.training(this.name);
        // What has not changed is not drawn again.
        if (JSON.stringify(shown) !== JSON.stringify(this.shown)) this.shown = shown;
      }
      this.#unread = null;
    } catch (error) {
      if (!isOvertaken(error)) this.#unread = asRefused(error);
    }
    const isGoing = this.all?.trainings.some(changes) ?? false;
    if (!this.#isLeft && (isGoing || this.#unread || this.all === null))
      this.#timer = window.setTimeout(() => void this.#read(), everyMs);
  }
}
