// The arrays, for every figure however deep.
import { createContext } from "svelte";
import type { Source } from "./source.ts";

export const [arrays, provideArrays] = createContext<Source["array"]>();
