// Guided tours: which there are, which one is taken, and at which step. The address holds it; nothing moves unasked.
import { addressFrom, hashOf } from "../../core/address.ts";
import { tourAt } from "../../core/tour-place.ts";
import * as api from "../api.ts";
import { isOvertaken } from "../api.ts";
import { studio } from "../studio.svelte.ts";
import type { Tour, TourName, TourStep } from "../wire.ts";

class Tours {
  names: readonly TourName[] = $state.raw([]);
  tour: Tour | null = $state.raw(null);
  /** Steps are told to those who asked for them, and not to who opens an address. */
  isAsked = $state(false);
  #asked = "";

  /** Name and number of the step, counted from 0, as the address says. */
  readonly place = $derived(tourAt(studio.tour));

  get step(): TourStep | null {
    const { place, tour } = this;
    return place && tour?.name === place.name ? (tour.steps[place.index] ?? null) : null;
  }

  /** Whether the page is where the step is. */
  get isThere(): boolean {
    return this.step !== null && studio.hash === this.#hashOf(this.step);
  }

  async find() {
    try {
      this.names = await api.tours();
    } catch (error) {
      studio.fail("page", error);
    }
  }

  /** Begins a tour: its steps are found in the network that is watched. */
  async begin(name: string) {
    this.#asked = "";
    studio.goOn(`${name}:1`);
    await this.follow();
    await this.go(0);
  }

  /** Reads the tour that the address names, unless it is there. */
  async follow() {
    const name = this.place?.name;
    if (name === undefined || name === this.#asked) return;
    this.#asked = name;
    try {
      const found = await api.tour(name, studio.look?.key ?? "");
      if (this.place?.name !== name) return;
      this.tour = found;
      if (found.steps.length === 0) {
        const [first] = found.left_out;
        studio.said = `${found.title}: ${first?.why ?? "no step applies"}.`;
      }
    } catch (error) {
      this.#asked = "";
      if (isOvertaken(error)) return;
      studio.fail("page", error);
      this.close();
    }
  }

  /** Goes to a step, as if its address had been opened. */
  async go(index: number) {
    const { tour } = this;
    const step = tour?.steps[index];
    if (!tour || !step) return;
    this.isAsked = true;
    await studio.goTo({
      ...addressFrom(`#/explore?${step.address}`),
      tour: `${tour.name}:${index + 1}`,
    });
  }

  close() {
    this.tour = null;
    this.#asked = "";
    this.isAsked = false;
    studio.goOn("");
  }

  #hashOf = (step: TourStep) =>
    hashOf({ ...addressFrom(`#/explore?${step.address}`), tour: studio.tour });
}

export const tours = new Tours();
