// What the studio shows: one state for all its parts, and the address that holds it.
import { addressFrom, hashOf } from "../core/address.ts";
import type { Address, By, Layers, Shown, Sort, Source } from "../core/address.ts";
import { isSameSource } from "../core/address-parts.ts";
import { viewOf } from "../core/views.ts";
import { isBeginning, isLost, isOvertaken, Refused } from "./api.ts";
import * as api from "./api.ts";
import type { Changed, EditedFilter, Explored, LayerRow, LookMade, Neuron } from "./wire.ts";

/** A unit at one place of its map: the number of its row, its channel, its place along each axis of space. */
export interface Chosen {
  row: number;
  channel: number;
  at: readonly number[];
}

/** What went wrong, where it is told: with the input, beside the layers, or above everything. */
export interface Trouble {
  place: "page" | "input" | "layers" | "neuron";
  message: string;
  hint: string;
}

const patienceMs = 800;
const lateMs = 200;

/** How an input is looked at: itself, and what is changed on the way. */
interface Given {
  wanted: () => Promise<LookMade>;
  /** What an address calls the input without edited filters; a drawing is called by its look, once that is there. */
  source: Source | undefined;
  changes: readonly Changed[];
  edits: readonly EditedFilter[];
}

const sourceOf = ({ key }: LookMade): Source => ({ kind: "look", key });

/** The look at a source out of an address; `turn` as each asks for its own. */
export const lookOf = (source: Source, turn = "look"): Promise<LookMade> =>
  source.kind === "sample"
    ? api.lookAtSample(source.number, turn)
    : api.look(source.key, turn).catch((error: unknown) => {
        if (!isLost(error)) throw error;
        const cure = "Draw it again, or choose another input.";
        throw new Refused("The studio no longer holds this drawing or picture.", cure);
      });

const altered = async (given: Given): Promise<LookMade> => {
  const look = await given.wanted();
  if (given.changes.length + given.edits.length === 0) return look;
  // A look that is named by its key has its own edits.
  return api.change(look.key, given.changes, given.edits.length > 0 ? given.edits : look.edits);
};

class Studio {
  explored: Explored | null = $state.raw(null);
  /** What went in; null while nothing has. */
  source: Source | null = $state.raw(null);
  look: LookMade | null = $state.raw(null);
  chosen: Chosen | null = $state.raw(null);
  /** What the chosen unit's value is made of; the neuron's panel keeps it. */
  neuron: Neuron | null = $state.raw(null);
  /** Number of the row that is unfolded to all its channels. */
  open: number | null = $state(null);
  sort: Sort = $state("activation");
  by: By = $state("contribution");
  /** The output that gradients are of; null is the likeliest. */
  about: number | null = $state(null);
  /** Name of the version that stands beside the watched network, and what the layers show. */
  beside = $state("");
  layers: Layers = $state("look");
  shown: Shown = $state("values");
  /** The input to compare with, and whether the layers show the present one less it. */
  kept: Source | null = $state.raw(null);
  less = $state(false);
  /** The network is still being trained or read. */
  isBeginning = $state(false);
  /** The page is a file: there is no network to ask. */
  isFrozen = $state(false);
  /** A guided tour and its step. */
  tour = $state("");
  /** While a stroke is being drawn nothing changes its order. */
  isDrawing = $state(false);
  /** The network takes so long that the page says so. */
  isSlow = $state(false);
  /** The present look is known for so long that pictures which are not of it are shown as old. */
  isLate = $state(false);
  #late = 0;
  #beginning: Promise<void> | null = null;
  #listens = false;
  /** Counts what was asked to be looked at: an answer to anything but the last is let go. */
  #wish = 0;
  trouble: Trouble | null = $state.raw(null);
  /** Rises when pictures are to be asked for again although the input is the same. */
  rounds = $state(0);
  /** For screen readers: said once, politely. */
  said = $state("");

  /** How the present input was given, to give it again. */
  #given: Given | null = null;

  #regiven = "";

  get rows(): readonly LayerRow[] {
    return this.explored?.rows ?? [];
  }

  /** The output asked about: the chosen one, else the likeliest; 0 before there is an answer. */
  get output(): number {
    if (this.about !== null) return this.about;
    const answers = this.look?.answers ?? [];
    const best = answers.reduce((a, b) => (b.score > a.score ? b : a), answers[0]!);
    return best?.number ?? 0;
  }

  /** The address of what is shown. */
  get hash(): string {
    return hashOf(this.#address());
  }

  /** Whether channels are changed or filters edited. */
  get isAltered(): boolean {
    return this.look !== null && this.look.changes.length + this.look.edits.length > 0;
  }

  get chosenRow(): LayerRow | null {
    return this.chosen ? (this.rows[this.chosen.row] ?? null) : null;
  }

  /** What an output is called, of a unit that is one; empty where that is its number. */
  unitName(row: number, channel: number): string {
    const { names = [] } = this.explored?.output ?? {};
    const { channels, sizes } = this.rows[row] ?? { channels: -1, sizes: [] };
    const isOutput =
      row === this.rows.length - 1 && channels === names.length && sizes.length === 0;
    const name = isOutput ? (names[channel] ?? "") : "";
    return name === String(channel) ? "" : name;
  }

  /** Begins: reads the network, then whatever the address says. Asked again meanwhile, it is the same beginning. */
  begin(): Promise<void> {
    this.#beginning ??= this.#begin().finally(() => (this.#beginning = null));
    return this.#beginning;
  }

  async #begin() {
    if (!this.#listens) addEventListener("popstate", () => void this.#follow());
    this.#listens = true;
    await this.#told("page", async () => {
      try {
        this.explored = await api.network();
      } catch (error) {
        this.isBeginning = isBeginning(error);
        if (this.isBeginning) return;
        throw error;
      }
      this.isBeginning = false;
      await this.#follow();
    });
  }

  /** Chooses a unit; its row stays as it is, folded or not. */
  choose(chosen: Chosen | null) {
    const before = this.chosen;
    this.chosen = chosen;
    this.neuron = null;
    // A walk over a map is one step of the history, not a hundred.
    const isSame = before?.row === chosen?.row && before?.channel === chosen?.channel;
    this.#write(isSame ? "replace" : "push");
  }

  unfold(row: number | null) {
    this.open = row;
    this.#write("push");
  }

  arrange(sort: Sort) {
    this.sort = sort;
    this.#write("replace");
  }

  ask(by: By) {
    this.by = by;
    this.#write("replace");
  }

  /** Puts a version beside the watched network; an empty name takes it away. */
  standBeside(version: string, layers: Layers = version ? this.layers : "look") {
    this.beside = version;
    this.layers = layers;
    this.#write("replace");
  }

  askAbout(output: number | null) {
    this.about = output;
    this.#write("replace");
  }

  show(shown: Shown) {
    this.shown = shown;
    this.#write("push");
  }

  /** Keeps an input to compare with, or none; `less` shows the present one less it. */
  compare(kept: Source | null, less: boolean) {
    this.kept = kept;
    this.less = less && kept !== null;
    this.#write("push");
  }

  /** Goes to a step of a tour; with none, leaves it. */
  goOn(tour: string) {
    this.tour = tour;
    this.#write("push");
  }

  /** Goes to another place as if its address had been opened, also from another view. */
  async goTo(wanted: Partial<Address>) {
    history.pushState(null, "", hashOf({ ...this.#address(), ...wanted }));
    await this.#follow();
  }

  /** Looks at an input; the older one stays until the answer is there. Tells whether it was answered. */
  see = (wanted: () => Promise<LookMade>, source?: Source): Promise<boolean> =>
    this.#take({ wanted, source, changes: [], edits: [] }, wanted);

  /** Looks at the present input with other channels changed and filters edited, and at no others. */
  async alter(
    changes: readonly Changed[],
    edits: readonly EditedFilter[] = this.look?.edits ?? [],
  ): Promise<boolean> {
    const [given, key] = [this.#given, this.look?.key];
    if (!given || key === undefined) return false;
    return this.#take({ ...given, changes, edits }, () => api.change(key, changes, edits));
  }

  async #take(given: Given, wanted: () => Promise<LookMade>): Promise<boolean> {
    const wish = ++this.#wish;
    this.#given = given;
    const slow = setTimeout(() => (this.isSlow = true), patienceMs);
    return this.#told("input", async () => {
      const made = await wanted();
      if (wish !== this.#wish) return;
      const isFirst = this.source === null;
      const isEdited = made.edits.length > 0;
      // Edited weights have no room in an address: the look has, by its key.
      this.source = isEdited ? sourceOf(made) : (given.source ?? sourceOf(made));
      // What is called by such a key is called otherwise once nothing is edited.
      if (!isEdited) this.#given = { ...given, source: this.source };
      else if (given.edits.length === 0) this.#given = { ...given, source: undefined };
      this.look = made;
      this.isLate = false;
      clearTimeout(this.#late);
      this.#late = window.setTimeout(() => (this.isLate = true), lateMs);
      this.#write(isFirst || this.isDrawing ? "replace" : "push");
    }).finally(() => {
      clearTimeout(slow);
      this.isSlow = false;
    });
  }

  /** Tries what failed once more: the network if it was never read, else the present input. */
  async again() {
    const given = this.#given;
    const { place } = this.trouble ?? {};
    if (this.explored === null) await this.begin();
    else {
      const isThere = given === null || (await this.#take(given, () => altered(given)));
      if (isThere && this.trouble?.place === place) this.trouble = null;
    }
    this.rounds++;
  }

  seeSample = (number: number) =>
    this.see(() => api.lookAtSample(number), { kind: "sample", number });

  /** Keeps what a part of the page could not get, to be told at its place. */
  fail(place: Trouble["place"], error: unknown) {
    if (isOvertaken(error)) return;
    if (isLost(error) && this.look && this.#regiven !== this.look.key) {
      // It was started anew, or has seen many inputs since: it is given the input again, once.
      this.#regiven = this.look.key;
      void this.again();
      return;
    }
    if (!(error instanceof Refused)) console.error(error);
    this.trouble =
      error instanceof Refused
        ? { place, message: error.message, hint: error.hint }
        : { place, message: "This page has a fault: reload it.", hint: String(error) };
  }

  async #told(place: Trouble["place"], work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      if (this.trouble?.place === place) this.trouble = null;
      return true;
    } catch (error) {
      this.fail(place, error);
      return false;
    }
  }

  #address(): Address {
    const { source, sort, by, about, beside, layers, shown, kept, less, tour } = this;
    return {
      input: source,
      open: this.open === null ? "" : (this.rows[this.open]?.name ?? ""),
      layer: this.chosenRow?.name ?? "",
      unit: this.chosen?.channel ?? null,
      at: this.chosen?.at ?? [],
      changed: (this.look?.changes ?? []).map(({ row, channel, factor }) => ({
        layer: this.rows[row]?.name ?? "",
        channel,
        factor,
      })),
      ...{ sort, by, about, beside, layers, shown, kept, less, tour },
    };
  }

  #write(how: "push" | "replace") {
    if (viewOf(location.hash) !== "explore") return;
    const hash = hashOf(this.#address());
    if (hash === location.hash) return;
    if (how === "push") history.pushState(null, "", hash);
    else history.replaceState(null, "", hash);
  }

  /** Goes where the address says; while another view is shown, it says nothing of this one. */
  async #follow() {
    if (viewOf(location.hash) !== "explore") return;
    if (this.explored === null) return;
    this.#wish++;
    const address = addressFrom(location.hash);
    const numberOf = (name: string) => this.rows.findIndex((row) => row.name === name);
    const row = numberOf(address.layer);
    const { sort, by, about, beside, layers, shown, kept, less, tour } = address;
    Object.assign(this, { sort, by, about, beside, layers, shown, kept, tour });
    this.less = less && kept !== null;
    const opened = numberOf(address.open);
    this.open = opened < 0 ? null : opened;
    const { channels = 0, sizes = [] } = this.rows[row] ?? {};
    const isThere =
      address.unit !== null &&
      address.unit < channels &&
      address.at.length === sizes.length &&
      address.at.every((place, axis) => place < sizes[axis]!);
    this.neuron = null;
    this.chosen = isThere ? { row, channel: address.unit!, at: address.at } : null;
    const changes = address.changed.map(({ layer, channel, factor }) => ({
      row: numberOf(layer),
      channel,
      factor,
    }));
    const missing = changes.findIndex((one) => one.row < 0);
    await this.#input(
      address.input,
      changes.filter((one) => one.row >= 0),
    );
    if (missing >= 0) {
      const name = address.changed[missing]!.layer;
      this.trouble = {
        place: "layers",
        message: `The address changes a channel of ${name}, which this network does not have.`,
        hint: "The others are as it says.",
      };
    }
  }

  async #input(wanted: Source | null, changes: readonly Changed[]) {
    const first: Source | null =
      (this.explored?.samples ?? 0) > 0 ? { kind: "sample", number: 0 } : null;
    const source = wanted ?? first;
    if (source === null) return;
    const isThere = isSameSource(source, this.source) && this.look !== null;
    const text = (some: readonly Changed[]) =>
      JSON.stringify(some.map(({ row, channel, factor }) => [row, channel, factor]).toSorted());
    if (isThere && text(changes) === text(this.look?.changes ?? [])) return;
    const given = { wanted: () => lookOf(source), source, changes, edits: [] };
    if (isThere && this.#given) await this.alter(changes);
    else await this.#take(given, () => altered(given));
  }
}

export const studio = new Studio();
