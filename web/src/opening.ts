// Where a sample of the data can be looked at more closely: in the studio it becomes the input, in a file nothing can.
import { getContext, setContext } from "svelte";

/** Opens the sample at a place ("digits:17"), or null where it cannot be opened. */
export type Opening = (place: string) => (() => void) | null;

const key = Symbol("opening");

export const provideOpening = (opening: Opening) => setContext(key, opening);

export const opening = (): Opening => getContext<Opening | undefined>(key) ?? (() => null);
