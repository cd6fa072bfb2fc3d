// Names for parts of the wire that the generated types leave nameless.
import type { Section, Tile } from "./wire.ts";

export type * from "./wire.ts";
export type Judgement = NonNullable<Section["judgement"]>;
export type Figure = Section["figures"][number];
export type FigureOf<Kind extends Figure["kind"]> = Extract<Figure, { kind: Kind }>;

/** What a picture in a grid needs to be told; the rest has a default. */
export type TileLike = Pick<Tile, "index"> & Partial<Tile> & { strong?: boolean; outline?: number };
