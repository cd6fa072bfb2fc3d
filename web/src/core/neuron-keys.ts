// One letter for each way of sorting a neuron's inputs.
import { bys } from "./address.ts";
import type { By } from "./address.ts";

/** "c", "w", "g"; null for any other key. */
export const by = (key: string): By | null => bys.find((way) => way[0] === key) ?? null;
