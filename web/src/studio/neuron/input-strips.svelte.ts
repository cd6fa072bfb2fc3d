// While a neuron is looked at, the strips of the rows it reads show what it reads, strongest first, with what each adds.
import { untrack } from "svelte";
import { inputsOf, inputWords, rowsRead } from "../../core/inputs.ts";
import { measured } from "../../core/numbers.ts";
import { boxOn } from "../../core/veil.ts";
import { veil } from "../../draw/boxes.ts";
import type { Context } from "../../draw/paint.ts";
import { view } from "../../draw/view.svelte.ts";
import { someChannels } from "../some-channels.ts";
import { asked } from "./neuron.svelte.ts";
import { strips } from "../layers/strips.svelte.ts";
import type { Strip } from "../layers/strips.svelte.ts";
import { studio } from "../studio.svelte.ts";
import type { Neuron } from "../wire.ts";

/** Rows whose strips were put in place here; others belong to whoever put them there. */
const filled = new Set<number>();

function put(row: number, strip: Strip, words: readonly string[]) {
  filled.add(row);
  strips.instead.set(row, { strip, words });
}

/** Must be called where a component begins. */
export function followInputs(count: () => number, side: () => number) {
  const isChosen = $derived(studio.chosen !== null);
  $effect(() => {
    const [neuron, key] = [asked.neuron, asked.look];
    if (!neuron || !isChosen) strips.instead.clear();
    else if (key) untrack(() => void fill(neuron, key, count(), side()));
  });
  $effect(() => void includeChosen(count(), side()));
}

async function fill(neuron: Neuron, key: string, count: number, side: number) {
  const read = rowsRead(neuron);
  for (const row of filled) {
    if (read.includes(row) || row === neuron.row) continue;
    filled.delete(row);
    strips.instead.delete(row);
  }
  await Promise.all(
    read.map(async (row) => {
      const inputs = inputsOf(neuron, row, count);
      const which = inputs.map(({ channel }) => channel);
      const strip = await asStrip(key, row, which, side);
      // An answer that comes late is of a neuron nobody looks at any more.
      if (strip && asked.neuron === neuron) put(row, strip, inputWords(inputs));
    }),
  );
}

/** The chosen channel stands in its row's strip even where others are stronger. */
async function includeChosen(count: number, side: number) {
  const { chosen, look } = studio;
  const held = chosen && strips.held.get(chosen.row);
  if (!chosen || !look || !held) return;
  const shown = Array.from(held.channels).slice(0, count);
  if (shown.includes(chosen.channel)) {
    strips.instead.delete(chosen.row);
    return;
  }
  const which = [...shown.slice(0, count - 1), chosen.channel];
  const strip = await asStrip(look.key, chosen.row, which, side);
  if (strip && studio.chosen?.row === chosen.row && studio.chosen.channel === chosen.channel) {
    const words = Array.from(strip.peaks, (peak) => measured(peak));
    put(chosen.row, strip, words);
  }
}

async function asStrip(
  look: string,
  row: number,
  which: readonly number[],
  side: number,
): Promise<Strip | null> {
  try {
    return await someChannels(look, row, which, side);
  } catch (error) {
    studio.fail("neuron", error);
    return null;
  }
}

/** Veils what of a row's tiles the neuron does not see; undefined for a row it does not look through. */
export function veilOn(row: number) {
  const box = asked.neuron?.boxes.find((one) => one.row === row);
  const sizes = studio.rows[row]?.sizes ?? [];
  if (!box || sizes.length === 0 || row === asked.neuron?.row) return undefined;
  return (context: Context, tile: DOMRectInit) => {
    const { x = 0, y = 0, width = 0, height = 0 } = tile;
    const picture = { x, y, width, height };
    veil(context, boxOn(box.spans, sizes, picture), picture, "paper", view.palette);
  };
}
