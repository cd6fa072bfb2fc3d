// Another version of the network beside the watched one: the same input in both, and what the layers show.
import * as api from "../api.ts";
import { isLost, isOvertaken } from "../api.ts";
import { studio } from "../studio.svelte.ts";
import type { Beside, VersionRow } from "../wire.ts";
import { lookBeside, versions } from "./asking.ts";

class Besides {
  known: readonly VersionRow[] = $state.raw([]);
  /** The look and the version that could not be had. */
  #failed = $state("");
  /** Of which look and version, and what the version made of it. */
  #made: { of: string; version: string; found: Beside } | null = $state.raw(null);
  /** The present look less the version's, by the key of that. */
  #less: { of: string; key: string } | null = $state.raw(null);

  /** The present input in the version; null while there is none, or it is not there yet. */
  get found(): Beside | null {
    const made = this.#made;
    const isPresent = made?.of === studio.look?.key && made?.version === studio.beside;
    return isPresent ? (made?.found ?? null) : null;
  }

  /** Key of what the layers show in place of the look; undefined while that is the look itself. */
  get key(): string | undefined {
    const { found } = this;
    if (!found || studio.layers === "look") return undefined;
    if (studio.layers === "version") return found.key;
    return this.#less?.of === found.key ? this.#less.key : undefined;
  }

  /** The layers are to show a version that is not there yet: what they showed stays. */
  get isAwaited(): boolean {
    const { look, beside, layers } = studio;
    const isAsked = layers !== "look" && beside !== "" && look !== null && !studio.isAltered;
    return isAsked && this.key === undefined && this.#failed !== `${look.key} ${beside}`;
  }

  /** What the layers show, in a sentence; empty while that is the look itself. */
  get said(): string {
    const { found, key } = this;
    if (!found || key === undefined) return "";
    const it = "the chosen neuron and its sum stay those of the watched network.";
    if (studio.layers === "version") return `The layers show ${this.named(found)}; ${it}`;
    return `The layers show the watched network less ${this.named(found)}: above zero the first is stronger, below zero the second; ${it}`;
  }

  /** What stands in the place of the watched network, after its name; empty while nothing does. */
  get shown(): string {
    const { found, key } = this;
    if (!found || key === undefined) return "";
    return `${studio.layers === "version" ? "in version" : "less"} ${this.named(found)}`;
  }

  named = (found: Beside) => {
    const run = this.known.find(({ name }) => name === found.version)?.run;
    return run ? `${run}, ${found.words}` : found.words;
  };

  /** Whether a row has no partner in what is shown. */
  isAlone = (row: number) => this.key !== undefined && (this.found?.alone.includes(row) ?? false);

  async find() {
    try {
      this.known = await versions();
    } catch (error) {
      studio.fail("input", error);
    }
  }

  /** Asks for what is to be shown and is not there yet. */
  async refresh() {
    const { beside: version, look, layers } = studio;
    if (!version || !look || studio.isAltered) return;
    try {
      if (!this.found) {
        const found = await lookBeside(look.key, version, "explorer");
        this.#made = { of: look.key, version, found };
      }
      const { found } = this;
      if (layers === "difference" && found && this.#less?.of !== found.key)
        this.#less = { of: found.key, key: (await api.difference(look.key, found.key)).key };
    } catch (error) {
      if (!isOvertaken(error)) this.#failed = `${look.key} ${version}`;
      // The version is not there any more, or the studio was begun anew and wants the input again.
      if (isLost(error) && !this.known.some(({ name }) => name === version)) studio.standBeside("");
      studio.fail("input", error);
    }
  }
}

export const besides = new Besides();
