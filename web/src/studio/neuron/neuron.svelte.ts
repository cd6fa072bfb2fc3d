// What the panel asks the server about the chosen neuron, and the keys that lead from neuron to neuron.
import type { By } from "../../core/address.ts";
import { by as byOfKey } from "../../core/neuron-keys.ts";
import { sentenceOf, strongestOf } from "../../core/neuron-words.ts";
import type { Tensor } from "../../core/safetensors.ts";
import { strongestPlace } from "../../core/window.ts";
import type { Scale } from "../../wire.ts";
import * as api from "../api.ts";
import { studio } from "../studio.svelte.ts";
import { looked } from "../taking/looked.svelte.ts";
import type { Chosen } from "../studio.svelte.ts";
import type { Neuron, Part } from "../wire.ts";

/** Longest side of the map; larger ones are shown smaller, each cell its largest magnitude. */
const mapSide = 140;

const restMs = 100;

/** An answer takes 10 ms from the server; what nobody sees waiting. */
const heldMs = 30;

class Asked {
  /** The last that was answered: it stays until the next is there. */
  neuron: Neuron | null = $state.raw(null);
  /** Key of the look it is of, and what its parts are sorted by. */
  look = $state("");
  by: By = $state("contribution");
  map: Tensor | null = $state.raw(null);
  effective: Tensor | null = $state.raw(null);
  waits = $state(false);
  #trail: Chosen[] = [];
  #wishes = 0;
  #begun: { chosen: Chosen; question: string; answer: Promise<Neuron> } | null = null;
  // Apart from the place: a walk over a map asks for the map once.
  #key = $derived(studio.look?.key ?? null);
  #row = $derived(studio.chosen?.row ?? -1);
  #channel = $derived(studio.chosen?.channel ?? -1);

  /** Must be called where a component begins. */
  begin() {
    // Before anything is drawn for the choice: the answer comes meanwhile.
    $effect.pre(() => void this.#ask());
    $effect(() => void this.#draw());
    $effect(() => this.#feel());
  }

  /** A layer that is never below zero is drawn as magnitudes. */
  get scale(): Scale {
    const tensor = this.map;
    const most = tensor ? 127 * tensor.scale : 1;
    const isOneSided =
      studio.chosenRow?.is_rectified || (tensor?.data.every((v) => v >= 0) ?? true);
    return isOneSided
      ? { kind: "sequential", low: 0, high: most, unit: "activation" }
      : { kind: "diverging", low: -most, high: most, unit: "activation" };
  }

  /** Chooses a unit, and shows it together with its answer if that comes soon: two drawings take twice as long as one. */
  async choose(chosen: Chosen) {
    const wish = ++this.#wishes;
    const before = studio.chosen;
    const answer = this.#answer(chosen);
    const soon = new Promise<null>((done) => setTimeout(() => done(null), heldMs));
    const found = await Promise.race([answer?.catch(() => null), soon]);
    // Whatever was chosen meanwhile counts.
    if (wish !== this.#wishes || studio.chosen !== before) return;
    studio.choose(chosen);
    const { look, by } = studio;
    // Unless something else is asked about it by now.
    if (found && look && this.#answer(chosen) === answer) this.#show(found, chosen, look.key, by);
  }

  follow(part: Part) {
    const { chosen } = studio;
    if (!chosen || part.row < 0) return;
    this.#trail.push(chosen);
    const sizes = studio.rows[part.row]?.sizes ?? [];
    studio.choose({ row: part.row, channel: part.channel, at: strongestPlace(part, sizes) });
  }

  key(event: KeyboardEvent) {
    const { target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (
      target instanceof HTMLElement &&
      target.matches("input:not([type=radio]), textarea, select")
    )
      return;
    const by = byOfKey(event.key);
    if (by && studio.chosen) studio.ask(by);
    else if (event.key === "[") this.#back();
    else if (event.key === "]") this.#forth();
    else return;
    event.preventDefault();
  }

  /** To the row before, along the strongest input. */
  #back() {
    const strongest = this.neuron && strongestOf(this.neuron);
    if (strongest) this.follow(strongest);
  }

  /** Back to where one followed from. */
  #forth() {
    const before = this.#trail.pop();
    if (before) studio.choose(before);
  }

  /** The answer about a choice: the one that was asked for already, if it is to the same question. */
  #answer(chosen: Chosen): Promise<Neuron> | null {
    const { look, by, output } = studio;
    if (!look) return null;
    const question = `${look.key} ${by} ${output}`;
    if (this.#begun?.chosen !== chosen || this.#begun.question !== question) {
      const { row, channel, at } = chosen;
      const answer = api.neuron(look.key, row, channel, at, by, output);
      this.#begun = { chosen, question, answer };
    }
    return this.#begun.answer;
  }

  async #ask() {
    const { chosen, look, by } = studio;
    if (!chosen) this.neuron = null;
    const answer = chosen && this.#answer(chosen);
    if (!chosen || !look || !answer) return;
    this.waits = true;
    try {
      const found = await answer;
      // An answer that comes late is of a unit that nobody looks at any more.
      if (studio.chosen === chosen) this.#show(found, chosen, look.key, by);
    } catch (error) {
      // Asked again, it may be answered.
      if (this.#begun?.answer === answer) this.#begun = null;
      studio.fail("neuron", error);
    }
  }

  #show(found: Neuron, chosen: Chosen, look: string, by: By) {
    looked.note(look, chosen);
    this.neuron = found;
    this.look = look;
    this.by = by;
    if (studio.trouble?.place === "neuron") studio.trouble = null;
    studio.neuron = found;
    studio.said = sentenceOf(found, studio.rows);
    this.waits = false;
  }

  /** What counts at the input: a pass back, asked for once the place rests. */
  #feel() {
    const { neuron, look } = this;
    if (!neuron || !look) return;
    const timer = setTimeout(async () => {
      try {
        const found = await api.effective(look, neuron.row, neuron.channel, neuron.at);
        this.effective = found.get("gradient") ?? null;
      } catch (error) {
        studio.fail("neuron", error);
      }
    }, restMs);
    return () => clearTimeout(timer);
  }

  async #draw() {
    const [key, row, channel] = [this.#key, this.#row, this.#channel];
    if (!key || !studio.rows[row]?.sizes.length) return;
    try {
      const found = await api.channels(key, row, [channel], mapSide, "map");
      this.map = found.get("values") ?? null;
    } catch (error) {
      studio.fail("neuron", error);
    }
  }
}

export const asked = new Asked();
