// What a question to the studio is called in a file of answers: without what only says how large its pictures are.

export interface Asked {
  /** The answer's name; of strips that of its first row, without the number. */
  name: string;
  /** Rows [first, last) of strips, and how many channels of each. */
  rows?: readonly [number, number];
  count?: number;
  /** Channels of a wall, in their order. */
  which?: readonly number[];
}

/** Names a question by its address and, where that is not all, by what is sent with it; null for one that no file answers. */
export function nameOf(path: string, body: unknown = null): Asked | null {
  const [place = "", query = ""] = path.split("?");
  const said = new URLSearchParams(query);
  const number = (name: string, otherwise: number) => Number(said.get(name) ?? otherwise);
  const parts = place.split("/").slice(1);
  if (place === "api/network" || place === "api/versions") return { name: parts[0]! };
  if (parts[0] !== "looks") return null;
  const [, key = "", what = "", row = "", channel = ""] = parts;
  if (key === "sample") return { name: `input/sample:${(body as { sample: number }).sample}` };
  if (what === "") return { name: `look/${key}` };
  const rows = [number("first", 0), number("last", 0)] as const;
  const count = number("count", 12);
  const unit = `${key}/neurons/${row}/${channel}/${said.get("at") ?? ""}`;
  switch (what) {
    case "changed":
      return { name: "changed" };
    case "input":
    case "beside":
      return { name: `${key}/${what}` };
    case "minus":
      return { name: `${key}/minus/${row}` };
    case "strips":
      return { name: `${key}/strips`, rows, count };
    case "walls":
      return { name: `${key}/walls/${row}` };
    case "channels":
      return {
        name: `${key}/walls/${row}`,
        which: (said.get("which") ?? "").split(",").map(Number),
      };
    case "orders":
      return { name: `${key}/orders/${row}/${said.get("by")}/${said.get("about")}` };
    case "backward": {
      const name = `${key}/backward/${said.get("about")}`;
      return row === "strips" ? { name, rows, count } : { name };
    }
    case "neurons":
      return { name: `${unit}/${said.get("by")}` };
    case "effective":
    case "paths":
      return { name: `${unit}/${what}` };
    default:
      return null;
  }
}
