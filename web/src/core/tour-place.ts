// A tour's place in an address: "first-steps:3" is its third step.

export function tourAt(text: string): { name: string; index: number } | null {
  const [, name = "", number = ""] = /^([a-z-]{1,40}):(\d{1,3})$/.exec(text) ?? [];
  return name && Number(number) > 0 ? { name, index: Number(number) - 1 } : null;
}

/** What an address says of a tour; empty where that is no step of one. */
export const tourFrom = (text: string | null): string => (text && tourAt(text) ? text : "");
