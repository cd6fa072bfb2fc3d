// The points as a table: who stands out first, then in the order of the file.
import type { MapChannel, Table } from "../wire.ts";
import { column } from "./columns.ts";

export function pointsTable(
  ids: readonly string[],
  placed: Float32Array,
  channels: readonly MapChannel[],
  data: (channel: MapChannel) => ArrayLike<number>,
): Table {
  const flags = channels.filter((channel) => channel.kind === "flags").map(data);
  const weight = (i: number) => flags.reduce((sum, flag) => sum + (flag[i] === 1 ? 1 : 0), 0);
  const weights = ids.map((_, i) => weight(i));
  const order = ids.map((_, i) => i).sort((a, b) => weights[b]! - weights[a]! || a - b);
  const columns = channels.map((channel) => ({ channel, values: data(channel) }));
  const finite = (value: number) => (value === value ? value : null);
  return {
    columns: [
      column("Point", { align: "left" }),
      ...channels.map(({ name, kind }) =>
        column(name, kind === "values" ? { decimals: 4 } : { align: "left" }),
      ),
      column("x", { decimals: 3 }),
      column("y", { decimals: 3 }),
    ],
    rows: order.map((i) => [
      ids[i]!,
      ...columns.map(({ channel, values }) =>
        channel.kind === "values" ? finite(values[i]!) : (channel.words[values[i]!] ?? null),
      ),
      finite(placed[2 * i]!),
      finite(-placed[2 * i + 1]!),
    ]),
    foot: null,
    caption: "Points of the map shown, those that stand out first; y upwards",
  };
}
