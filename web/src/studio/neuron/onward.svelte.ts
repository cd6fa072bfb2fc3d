// The strongest ways from the chosen neuron to an answer: asked for while somebody looks at them, and drawn on the spine.
import { untrack } from "svelte";
import { onwardInputs, shareWords } from "../../core/onward.ts";
import { ask } from "../api.ts";
import { strips } from "../layers/strips.svelte.ts";
import { someChannels } from "../some-channels.ts";
import { studio } from "../studio.svelte.ts";
import type { Chosen } from "../studio.svelte.ts";
import type { Onward } from "../wire.ts";
import { asked } from "./neuron.svelte.ts";

const count = 3;

async function onward(key: string, chosen: Chosen, about: number): Promise<Onward> {
  const { row, channel, at } = chosen;
  const query = `at=${at.join(",")}&about=${about}&k=${count}`;
  return (await ask(`api/looks/${key}/onward/${row}/${channel}?${query}`, "onward")).json();
}

class Ways {
  isOpen = $state(false);
  made: Onward | null = $state.raw(null);
  #rows: readonly number[] = [];
  /** Count what was asked, and what was asked to be shown: an answer to anything but the last is let go. */
  #wish = 0;
  #round = 0;

  /** Must be called where a component begins. */
  begin() {
    $effect(() => {
      const [key, { chosen, output }] = [studio.look?.key, studio];
      const wish = ++this.#wish;
      if (!this.isOpen || !key || !chosen) this.made = null;
      else void this.#ask(key, chosen, output, () => wish === this.#wish);
    });
    $effect(() => {
      // A neuron that is told anew has put the strips of its inputs back.
      const [made, neuron, key] = [this.made, asked.neuron, studio.look?.key];
      untrack(() => {
        for (const row of this.#rows) strips.instead.delete(row);
        this.#rows = [];
        const round = ++this.#round;
        const isOf = made?.row === neuron?.row && made?.channel === neuron?.channel;
        if (made && key && isOf) void this.#show(made, key, () => round === this.#round);
      });
    });
    $effect(() => () => {
      this.#wish++;
      this.isOpen = false;
      for (const row of this.#rows) strips.instead.delete(row);
    });
  }

  async #ask(key: string, chosen: Chosen, about: number, isLast: () => boolean) {
    try {
      const made = await onward(key, chosen, about);
      if (isLast()) this.made = made;
    } catch (error) {
      studio.fail("neuron", error);
    }
  }

  /** The strips behind the neuron show what its effect goes through, then what was strongest there. */
  async #show(made: Onward, key: string, isLast: () => boolean) {
    try {
      for (const { row } of made.rows) {
        const inputs = onwardInputs(made, row);
        const held = Array.from(strips.held.get(row)?.channels ?? []);
        const others = held.filter((one) => inputs.every(({ channel }) => channel !== one));
        const which = [...inputs.map(({ channel }) => channel), ...others].slice(0, strips.count);
        const strip = await someChannels(key, row, which, 28);
        if (!isLast()) return;
        const blank = others.map(() => "");
        strips.instead.set(row, {
          strip,
          words: [...shareWords(inputs, made.total), ...blank].slice(0, which.length),
        });
        this.#rows = [...this.#rows, row];
      }
    } catch (error) {
      studio.fail("neuron", error);
    }
  }
}

export const ways = new Ways();
