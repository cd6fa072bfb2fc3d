/* Written by `npm run types` from src/striate/page/wire.py. Change it there. */

/**
 * A whole report.
 */
export interface Page {
  schema: string;
  title: string;
  run_line: string;
  verdict: string;
  prose: string;
  facts: Fact[];
  findings: FindingRow[];
  findings_sentence: string;
  found_nothing: string[];
  /**
   * Rules whose evidence was not measured.
   */
  could_not_look: string[];
  sections: Section[];
}
/**
 * One of the five numbers under the verdict.
 */
export interface Fact {
  label: string;
  value: string;
  note: string;
}
/**
 * One finding, with the id of the section that shows it and, where there is one, its cure with the measured effect.
 */
export interface FindingRow {
  code: string;
  name: string;
  severity: "ok" | "note" | "warning" | "error";
  message: string;
  todo: string;
  why: string;
  source: string;
  section: string;
  /**
   * What it is about; a graph's finding of that op knows the row.
   */
  op: string;
  cure: string;
  strip: Strip | null;
}
/**
 * A measurement against its limit.
 *
 * The `…_shown` are numbers with their unit; the page adds the word "limit".
 */
export interface Strip {
  value: number;
  shown: string;
  limit: number;
  limit_shown: string;
  wrong: "above" | "below";
  low: number;
  high: number;
  low_shown: string;
  high_shown: string;
  interval: [number, number] | null;
  marks: number[];
  chance: number | null;
}
/**
 * A term, a judgement, the sentence, its pictures and their caption.
 */
export interface Section {
  id: string;
  term: string;
  judgement: ("ok" | "note" | "warning" | "error") | null;
  sentence: string;
  figures: (
    | Tiles
    | Patches
    | Cases
    | Charts
    | Dense
    | Estimates
    | Histogram
    | Drawing
    | Graph
    | Gradients
    | Confusion
    | Quadrants
    | Ranking
    | Receipt
    | Regimes
    | Scatter
    | TableFigure
    | VectorMap
  )[];
  caption: Caption;
}
/**
 * Pictures of equal size on one scale: channels, filters, class images, mistakes.
 *
 * `array` has shape (n, h, w), or (n, h, w, 3) where the scale is `colour`.
 * `side` is the wished side of a tile in CSS pixels; the zoom is the nearest whole number of device pixels.
 */
export interface Tiles {
  kind: "tiles";
  title: string;
  note: string;
  /**
   * Words at the right of the title: '0 to 4.59'.
   */
  end: string;
  array: string;
  scale: Scale;
  show_scale: boolean;
  tiles: Tile[];
  side: number;
  /**
   * Array (n, h, w) of 0/1; its border is drawn on each tile.
   */
  outline: string | null;
  table: Table | null;
}
/**
 * How numbers become ink.
 *
 * `sequential`: 0 is paper, `high` is ink. `diverging`: symmetric about 0. `grey`: black `low` to white `high`.
 * `colour`: RGB as stored.
 */
export interface Scale {
  kind: "sequential" | "diverging" | "grey" | "colour";
  low: number;
  high: number;
  /**
   * What the numbers are, in words: 'weight, no unit'.
   */
  unit: string;
}
/**
 * One small picture out of an array's first axis.
 */
export interface Tile {
  index: number;
  label: string;
  value: string;
  crossed: boolean;
  warn: boolean;
}
/**
 * Rows under columns; `foot` sums them. Also the twin of every picture.
 */
export interface Table {
  columns: Column[];
  rows: (string | number | null)[][];
  foot: (string | number | null)[] | null;
  caption: string;
}
/**
 * A column of a table. `bar` draws each number as a bar to the column's maximum as well.
 */
export interface Column {
  label: string;
  unit: string;
  align: "left" | "right";
  /**
   * Digits after the point; None: as written.
   */
  decimals: number | null;
  bar: boolean;
}
/**
 * Nine patches a unit, in a 3 × 3 block. `array` as in `Tiles`.
 */
export interface Patches {
  kind: "patches";
  title: string;
  array: string;
  scale: Scale;
  groups: PatchGroup[];
  classes: string[];
  side: number;
  table: Table | null;
}
/**
 * The strongest patches of one unit, with how its strongest images spread over the classes.
 */
export interface PatchGroup {
  label: string;
  value: string;
  patches: number[];
  counts: number[];
  peak: string;
  warn: boolean;
}
/**
 * Occlusion, saliency: a row per image. `images` (n, h, w[, 3]) on `image_scale`; `maps` (m, h, w) on `map_scale`.
 */
export interface Cases {
  kind: "cases";
  title: string;
  images: string;
  image_scale: Scale;
  maps: string;
  map_scale: Scale;
  outlines: string | null;
  cases: Case[];
  side: number;
  table: Table | null;
}
/**
 * One image of the data: input at the left, its maps at the right.
 */
export interface Case {
  title: string;
  note: string;
  input: number;
  outline: number | null;
  maps: CaseMap[];
}
/**
 * One map in a case: a picture with its name and number.
 */
export interface CaseMap {
  index: number;
  label: string;
  value: string;
  large: boolean;
  strong: boolean;
}
/**
 * Small multiples of lines.
 */
export interface Charts {
  kind: "charts";
  charts: Chart[];
  table: Table | null;
}
/**
 * One of some small multiples with the same x axis. `events` are labelled ticks on that axis.
 */
export interface Chart {
  title: string;
  unit: string;
  x_label: string;
  curves: Curve[];
  low: number | null;
  high: number | null;
  events: [number, string][];
}
/**
 * One line; `None` where nothing was measured.
 */
export interface Curve {
  label: string;
  x: number[];
  y: (number | null)[];
  style: "solid" | "dashed" | "thin";
}
/**
 * Prediction maps beside their image, a slider through the classes, and what one position says.
 *
 * `maps` (k, rows, columns) float32 are those of `classes`, the strongest first; `winner` (rows, columns) int32 numbers
 * `winners`. All pixels are the image's own, `size_px`; `image` (1, h, w[, 3]) may be smaller.
 */
export interface Dense {
  kind: "dense";
  image: string;
  image_scale: Scale;
  /**
   * @minItems 2
   * @maxItems 2
   */
  size_px: [number, number];
  maps: string;
  scale: Scale;
  classes: string[];
  /**
   * The network's own answer for the scaled image; empty where not asked for.
   */
  scaled: string[];
  winner: string;
  winners: DenseWinner[];
  /**
   * @minItems 2
   * @maxItems 2
   */
  stride_px: [number, number];
  /**
   * @minItems 2
   * @maxItems 2
   */
  centre_px: [number, number];
  /**
   * None where no rule tells, or a position sees everything.
   */
  field_px: [number, number] | null;
  /**
   * @minItems 2
   * @maxItems 2
   */
  crop_px: [number, number];
  /**
   * @minItems 2
   * @maxItems 2
   */
  position: [number, number];
  threshold: number;
  unit: string;
  table: Table;
}
/**
 * An output that is largest somewhere, with its share of the positions.
 */
export interface DenseWinner {
  name: string;
  share: string;
  /**
   * Number of the class colour; −1 for grey.
   */
  colour: number;
}
/**
 * Charts of estimates beside or under each other; a single one takes the whole width.
 */
export interface Estimates {
  kind: "estimates";
  charts: EstimateChart[];
  table: Table;
}
/**
 * Estimates with intervals over one axis. `names` stand under its numbers, of an order in their place; `chosen` is a tick.
 */
export interface EstimateChart {
  title: string;
  unit: string;
  x_label: string;
  is_log: boolean;
  /**
   * Whether places along the axis are an order, not amounts.
   */
  is_order: boolean;
  low: number | null;
  high: number | null;
  curves: EstimateCurve[];
  marks: EstimateMark[];
  names: [number, string][];
  chosen: [number, string] | null;
  /**
   * Dashed level lines: chance, a limit.
   */
  references: [number, string][];
}
/**
 * One line with dots, and the band of its intervals; `None` where nothing was measured.
 */
export interface EstimateCurve {
  label: string;
  x: number[];
  y: (number | null)[];
  /**
   * Ends of the intervals; empty without a band.
   */
  low: (number | null)[];
  high: (number | null)[];
  style: "solid" | "dashed";
}
/**
 * An open mark behind the end of a curve: what was forecast and not measured, with its interval.
 */
export interface EstimateMark {
  curve: number;
  x: number;
  y: number;
  low: number;
  high: number;
  label: string;
}
/**
 * Counts over bins, with chance and limit as ticks.
 */
export interface Histogram {
  kind: "histogram";
  title: string;
  unit: string;
  edges: number[];
  counts: number[];
  marks: [number, string, "chance" | "limit" | "mean"][];
  table: Table | null;
}
/**
 * The network as boxes from left to right.
 */
export interface Drawing {
  kind: "drawing";
  blocks: Block[];
  log_width: boolean;
  table: Table | null;
}
/**
 * One box of the network's drawing, to scale: height = map side, width = channels.
 */
export interface Block {
  name: string;
  size: string;
  channels: number;
  side: number;
  learned: boolean;
}
/**
 * The network folded by module: its table with lines, and each op's field drawn true to size.
 */
export interface Graph {
  kind: "graph";
  /**
   * Sizes of the input that fields are measured on, axes of space only.
   */
  input: number[];
  input_name: string;
  rows: GraphRows;
  words: string[];
  fields: GraphField[];
  attributes: [string, string][][];
  findings: GraphFinding[];
  params: number;
  /**
   * Of `params`, those that no op reads: they stand in no row.
   */
  idle_params: number;
  macs: number;
  kept_bytes: number;
  /**
   * Rows that hold more lines than there are lanes.
   */
  crowded: number[];
}
/**
 * The rows of the folded graph, column by column, because a network may have thousands.
 *
 * A row is followed by what it holds, up to before row `end`; row 0 is the whole network. Words, fields and attributes
 * are numbers of entries in the lists of the figure. Lanes are numbered from the left within the row's parent: a row's
 * dot is in lane `at`, lines from `reads_lanes` reach it, those in `passes` go by, its own goes on in lane `to`
 * (-1: nothing reads it). What it holds has `width` lanes of its own, with lines that come in and go on outside.
 */
export interface GraphRows {
  sort: ("input" | "op" | "layer" | "module" | "repeat")[];
  name: string[];
  /**
   * Empty where it is that of the module that holds it, a point, and the name.
   */
  path: string[];
  end: number[];
  /**
   * Equal parts that follow each other; 1 if they differ.
   */
  count: number[];
  call: number[];
  calls: number[];
  kind: number[];
  summary: number[];
  output: number[];
  field: number[];
  attributes: number[];
  /**
   * 1 if it holds parameters.
   */
  learned: number[];
  params: number[];
  macs: number[];
  kept_bytes: number[];
  /**
   * Rows an op reads, in order; empty for what holds others.
   */
  reads: number[][];
  at: number[];
  reads_lanes: number[][];
  passes: number[][];
  to: number[];
  width: number[];
  enters: number[][];
  leaves: number[][];
}
/**
 * Field of an op's output. `axes` may be there as well where a global op made it global: the field without it.
 */
export interface GraphField {
  axes: FieldAxis[];
  is_global: boolean;
  is_known: boolean;
}
/**
 * Field along one axis of space, in input pixels: what the unit in the middle of the map sees.
 */
export interface FieldAxis {
  size: number;
  stride: number;
  padding: number;
  /**
   * First pixel the middle unit sees; below 0 is beyond the border.
   */
  first: number;
  /**
   * Which unit the middle one is, from 1.
   */
  unit: number;
  units: number;
}
/**
 * A finding at the row it is about.
 */
export interface GraphFinding {
  row: number;
  op: string;
  code: string;
  severity: "ok" | "note" | "warning" | "error";
  message: string;
}
/**
 * The backward pass: norms on one ruler of powers of ten from `low` to `high`; the row `first` is open at the start.
 */
export interface Gradients {
  kind: "gradients";
  low: number;
  high: number;
  first: number;
  rows: GradientRow[];
  table: Table;
}
/**
 * The gradient at one op. `array` (n, h, w) holds its strongest channels, on a scale of the row's own up to `high`.
 */
export interface GradientRow {
  name: string;
  kind: string;
  size: string;
  reached: boolean;
  norm: number;
  norm_shown: string;
  zeros: string;
  /**
   * Norm of the weights' gradient; empty without weights.
   */
  weights: string;
  law: string;
  /**
   * Largest difference to autograd, as a share; empty where no law was checked.
   */
  difference: string;
  array: string;
  tiles: Tile[];
  high: number;
  parts: LawPart[];
}
/**
 * One part of how a gradient came or went: a sentence, its pictures, its numbers.
 */
export interface LawPart {
  heading: string;
  text: string;
  pictures: Tiles[];
  tables: Table[];
}
/**
 * Counts: rows are the true class, columns the answer.
 */
export interface Confusion {
  kind: "confusion";
  classes: string[];
  counts: number[][];
  note: string;
}
/**
 * The classic table: rows similar and different, columns little and much; it is its own twin.
 */
export interface Quadrants {
  kind: "quadrants";
  /**
   * @minItems 2
   * @maxItems 2
   */
  similar: [QuadrantCell, QuadrantCell];
  /**
   * @minItems 2
   * @maxItems 2
   */
  different: [QuadrantCell, QuadrantCell];
  /**
   * What the marked cell says: 'this problem', or that it is not sure.
   */
  here: string;
  why: string[];
}
/**
 * One of the four classic cases: what is done there, and what that measured here.
 */
export interface QuadrantCell {
  regime: string;
  measured: string;
  here: boolean;
}
/**
 * Scores under each other, on one axis from `low` to `high`.
 */
export interface Ranking {
  kind: "ranking";
  /**
   * What the axis shows, with its unit.
   */
  score: string;
  /**
   * What a filled dot and an outline stand for; the second empty if there is none.
   *
   * @minItems 2
   * @maxItems 2
   */
  sorts: [string, string];
  /**
   * Which row differences are to; empty where rows are not compared.
   */
  to: "best" | "reference" | "";
  low: number;
  high: number;
  rows: RankingRow[];
  table: Table;
}
/**
 * One score. Figures are words already, but those of the axis.
 */
export interface RankingRow {
  name: string;
  /**
   * Beneath the name: how it was reached.
   */
  detail: string;
  /**
   * Whether the dot is an outline: of the second sort.
   */
  open: boolean;
  /**
   * Whether it cannot be told from what it is compared with.
   */
  level: boolean;
  value: number;
  /**
   * None where a single value has none.
   */
  interval: [number, number] | null;
  /**
   * What the score is the mean of, as small dots beneath: its seeds.
   */
  single: number[];
  shown: string;
  interval_shown: string;
  /**
   * To what `to` says; empty for that one itself.
   */
  difference: string;
  difference_interval: string;
}
/**
 * What was loaded, frozen and trained, with ticks that were checked; it is its own twin.
 */
export interface Receipt {
  kind: "receipt";
  parts: ReceiptPart[];
}
/**
 * Claims under one title.
 */
export interface ReceiptPart {
  title: string;
  lines: ReceiptLine[];
}
/**
 * One claim; `checked` is None where it is told only.
 */
export interface ReceiptLine {
  label: string;
  value: string | number | null;
  checked: boolean | null;
  how: string;
}
/**
 * Regimes under each other, their scores on one axis from `low` to `high`.
 */
export interface Regimes {
  kind: "regimes";
  /**
   * What the axis shows, with its unit.
   */
  score: string;
  /**
   * Head of the column of scores.
   */
  measured: string;
  low: number;
  high: number;
  rows: RegimeRow[];
  left: RegimeLeft[];
  /**
   * Rates and policies looked at; None if there were none.
   */
  tried: Table | null;
  table: Table;
}
/**
 * One regime that was measured. Figures are words already, but those of the axis.
 */
export interface RegimeRow {
  name: string;
  title: string;
  chosen: boolean;
  /**
   * Whether it cannot be told from the chosen one; the bracket joins such rows.
   */
  level: boolean;
  /**
   * One cell for the network up to each cut point, from the one before.
   */
  spine: ("frozen" | "trained" | "absent")[];
  new_layers: number;
  spine_words: string;
  value: number;
  /**
   * @minItems 2
   * @maxItems 2
   */
  interval: [number, number];
  shown: string;
  interval_shown: string;
  /**
   * To the chosen one; empty for that one itself.
   */
  difference: string;
  difference_interval: string;
  time: string;
  memory: string;
  trained: string;
  macs: string;
}
/**
 * One regime that was given up, or never measured.
 */
export interface RegimeLeft {
  name: string;
  outcome: string;
  reason: string;
}
/**
 * Answer against truth, for regression; the diagonal is drawn.
 */
export interface Scatter {
  kind: "scatter";
  title: string;
  x_label: string;
  y_label: string;
  x: number[];
  y: number[];
  table: Table | null;
}
/**
 * A table that is the picture itself.
 */
export interface TableFigure {
  kind: "table";
  table: Table;
}
/**
 * Points of a store on a plane; the first channel is shown first.
 *
 * `pictures` (m, h, w[, 3]) are those of the points `pictured` (m) int32; `neighbours` (n, k) int32 are the nearest by the
 * vectors, the nearest first.
 */
export interface VectorMap {
  kind: "vector-map";
  placings: MapPlacing[];
  channels: MapChannel[];
  ids: string[];
  /**
   * Where each point's input lies; empty where that is not kept.
   */
  places: string[];
  pictures: string | null;
  pictured: string | null;
  scale: Scale | null;
  neighbours: string | null;
  /**
   * Whose vectors they are nearest by: 'block4, cosine'.
   */
  neighbours_of: string;
  /**
   * Layer that is shown first; the last if empty.
   */
  shown: string;
  /**
   * What the file leaves out, in words.
   */
  note: string;
}
/**
 * The same points placed once: a layer, a method, its settings.
 *
 * `points` (n, 2) int16 × scale, within −1 … 1, y downwards; −32768 stands for a point without a place.
 */
export interface MapPlacing {
  layer: string;
  method: "t-SNE" | "PCA";
  /**
   * In words: 'perplexity 30, seed 0'.
   */
  settings: string;
  /**
   * Whether it is the one its layer is judged by; it is shown first.
   */
  is_drawn: boolean;
  points: string;
  /**
   * Measured of it, in words; empty where it was not.
   */
  judged: string;
}
/**
 * What points may be coloured and counted by.
 *
 * `array` (n): int32 numbers of `words` for classes and flags, −1 where not known; float32 for values, NaN where not known.
 * Of flags, word 1 is the one that stands out.
 */
export interface MapChannel {
  name: string;
  kind: "classes" | "flags" | "values";
  array: string;
  words: string[];
  /**
   * Number of the class colour of each word; −1 for grey.
   */
  colours: number[];
  unit: string;
}
/**
 * What stands beside a picture.
 */
export interface Caption {
  shown: string;
  should_see: string;
  wrong_if: string;
  source: string;
  extra: string;
  aside: Table | null;
}
