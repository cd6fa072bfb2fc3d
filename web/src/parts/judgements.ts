import type { Judgement } from "../wire-kinds.ts";

export const words: Record<Judgement, string> = {
  ok: "As it should be",
  note: "Note",
  warning: "Warning",
  error: "Error",
};
