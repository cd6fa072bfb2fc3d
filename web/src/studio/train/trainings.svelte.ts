// The trainings beside the watched network: which there are, the one that is shown, and what goes on.
import { isOvertaken, Refused } from "../api.ts";
import type { TrainingRow, TrainingShown, Trainings } from "../wire.ts";
import * as asking from "./asking.ts";

const everyMs = 1000;
const goesOn = ({ state }: TrainingRow) =>
  state === "waiting" || state === "running" || state === "elsewhere";

export class Followed {
  all: Trainings | null = $state.raw(null);
  shown: TrainingShown | null = $state.raw(null);
  /** Name of the training that is shown. */
  name = $state("");
  fault: Refused | null = $state.raw(null);
  #timer = 0;
  #isLeft = false;

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
    await this.#read();
  }

  /** Does something to a training, and shows it. */
  async act(work: () => Promise<TrainingRow>): Promise<boolean> {
    try {
      this.name = (await work()).name;
    } catch (error) {
      this.#failed(error);
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
      this.fault = null;
    } catch (error) {
      this.#failed(error);
    }
    const isGoing = this.all?.trainings.some(goesOn) ?? false;
    if (!this.#isLeft && (isGoing || this.fault || this.all === null))
      this.#timer = window.setTimeout(() => void this.#read(), everyMs);
  }

  #failed(error: unknown) {
    if (isOvertaken(error)) return;
    this.fault = error instanceof Refused ? error : new Refused(String(error));
  }
}
