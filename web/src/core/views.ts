// The studio's views, by the beginning of the address: `#/explore?…`, `#/unit?layer=…&unit=…`, `#/map?layer=…`,
// `#/train?run=…`, `#/design?net=…`, `#/report?file=…`.

export const views = ["explore", "unit", "map", "train", "design", "report"] as const;
export type ViewName = (typeof views)[number];

/** The view an address names; null for an anchor within a page, which names none. */
export function viewOf(hash: string): ViewName | null {
  if (hash === "" || hash === "#" || hash === "#/") return "explore";
  const name = /^#\/(\w+)(?:\?|$)/.exec(hash)?.[1];
  return views.find((known) => known === name) ?? (name === undefined ? null : "explore");
}

/** What an address says after its view. */
export const saidIn = (hash: string) => new URLSearchParams(/\?(.*)$/s.exec(hash)?.[1] ?? "");

export function addressOf(view: ViewName, said: Record<string, string> = {}): string {
  const query = new URLSearchParams(said).toString();
  return `#/${view}${query && `?${query}`}`;
}
