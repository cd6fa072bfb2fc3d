// The answers that lie in a saved view, in place of a server.
import { chosenOf } from "../../core/choosing.ts";
import { nameOf } from "../../core/frozen-names.ts";
import { readSafetensors } from "../../core/safetensors.ts";
import type { Tensor } from "../../core/safetensors.ts";
import { Refused } from "../api.ts";
import type { Store } from "../api.ts";
import type { Frozen } from "../wire.ts";

type Arrays = ReadonlyMap<string, Tensor>;

function bytesOf(base64: string): Uint8Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

const isNeuron = (path: string) => /\/(neurons|effective|paths)\//.test(path);

/** That something was not saved with the view, and how to come to it. */
const missing = (path: string) =>
  new Refused(
    isNeuron(path)
      ? "This neuron at this place was not saved with the view."
      : "This was not saved with the view.",
    "Open the network in the studio to ask it.",
    "frozen",
  );

export class FrozenStore implements Store {
  readonly frozen: Frozen;
  readonly #read = new Map<string, Arrays>();

  constructor(frozen: Frozen) {
    this.frozen = frozen;
  }

  json(path: string, body: unknown): unknown {
    const asked = nameOf(path, body);
    const found = asked && this.frozen.answers[asked.name];
    if (!found) throw missing(path);
    return found;
  }

  tensors(path: string): Arrays {
    const asked = nameOf(path);
    if (!asked) throw missing(path);
    if (asked.rows) return this.#strips(asked.name, asked.rows, asked.count ?? 12, path);
    const found = this.#arrays(asked.name);
    if (!found) throw missing(path);
    return asked.which ? this.#channels(asked.name, found, asked.which) : found;
  }

  #arrays(name: string): Arrays | null {
    const held = this.#read.get(name);
    if (held) return held;
    const text = this.frozen.arrays[name];
    if (text === undefined) return null;
    const read = readSafetensors(bytesOf(text));
    this.#read.set(name, read);
    return read;
  }

  /** Strips lie in the file a row each, with as many channels as any screen shows. */
  #strips(name: string, [first, last]: readonly [number, number], count: number, path: string) {
    const found = new Map<string, Tensor>();
    for (let row = first; row < last; row++) {
      const arrays = this.#arrays(`${name}/${row}`);
      if (!arrays) throw missing(path);
      const shown = Math.min(count, arrays.get(`channels.${row}`)!.shape[0]!);
      const which = Array.from({ length: shown }, (_, i) => i);
      for (const [part, tensor] of arrays) {
        found.set(part, part.startsWith("layer.") ? tensor : chosenOf(tensor, which));
      }
    }
    return found;
  }

  #channels(name: string, wall: Arrays, which: readonly number[]): Arrays {
    const of = (part: string) => chosenOf(wall.get(part)!, which);
    const row = name.split("/").at(-1);
    const layer = this.#arrays(name.replace("/walls/", "/strips/"))?.get(`layer.${row}`);
    const parts: [string, Tensor][] = ["values", "peaks", "places"].map((part) => [part, of(part)]);
    return new Map(layer ? [...parts, ["layer", layer]] : parts);
  }
}
