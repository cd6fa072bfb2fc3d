/* Written by `npm run types` from src/striate/studio/wire.py. Change it there. */

export interface Studio {
  Explored: Explored;
  LookMade: LookMade;
  Neuron: Neuron;
  SampleWanted: SampleWanted;
  DrawingWanted: DrawingWanted;
  Failure: Failure;
  BackwardMade: BackwardMade;
  Paths: Paths;
  ChangesWanted: ChangesWanted;
  Difference: Difference;
  OcclusionWanted: OcclusionWanted;
  SurveyWanted: SurveyWanted;
  Job: Job;
  Jobs: Jobs;
  Unit: Unit;
  MapWanted: MapWanted;
  MapShown: MapShown;
  InputPlaced: InputPlaced;
  ChoiceWanted: ChoiceWanted;
  Differences: Differences;
  UnitImageWanted: UnitImageWanted;
  UnitOcclusionWanted: UnitOcclusionWanted;
  GrownImage: GrownImage;
  UnitFilter: UnitFilter;
  UnitFigures: UnitFigures;
  Onward: Onward;
  Law: Law;
  SaveWanted: SaveWanted;
  NetworkSaved: NetworkSaved;
  VersionRow: VersionRow;
  Beside: Beside;
  TrainingWanted: TrainingWanted;
  TrainingRow: TrainingRow;
  Trainings: Trainings;
  TrainingShown: TrainingShown;
  TourName: TourName;
  Tour: Tour;
  FreezeWanted: FreezeWanted;
  Frozen: Frozen;
  Beginning: Beginning;
  DesignWanted: DesignWanted;
  Designed: Designed;
  Reports: Reports;
}
/**
 * The network as the page draws it.
 */
export interface Explored {
  name: string;
  /**
   * Parameters, MACs and score, in words.
   */
  facts: string;
  input: InputKind;
  output: OutputKind;
  rows: LayerRow[];
  /**
   * How many samples of the data can be chosen; 0 without data.
   */
  samples: number;
  /**
   * What the data are called.
   */
  data: string;
}
/**
 * What goes into the network.
 */
export interface InputKind {
  /**
   * Channels, then sizes.
   */
  shape: number[];
  /**
   * Drawings are centred as the digits were that it was trained on.
   */
  is_centred: boolean;
  /**
   * How a stored picture becomes the input.
   */
  words: string;
}
/**
 * What it answers with.
 */
export interface OutputKind {
  kind: "classes" | "labels" | "values";
  names: string[];
}
/**
 * One layer of the spine.
 */
export interface LayerRow {
  name: string;
  /**
   * In words: '3×3, norm, ReLU'.
   */
  summary: string;
  kind: string;
  /**
   * Path of the module that holds it, for folding; empty at the top.
   */
  block: string;
  channels: number;
  /**
   * Of its map; empty for a vector.
   */
  sizes: number[];
  /**
   * Field of a unit in input pixels: '7×7', 'everything'; empty where not known.
   */
  sees: string;
  /**
   * Numbers of the rows it reads; −1 is the input.
   */
  reads: number[];
  params: number;
  macs: number;
  is_learned: boolean;
  is_rectified: boolean;
}
/**
 * A look that was taken: ask for its pictures by its key.
 */
export interface LookMade {
  key: string;
  /**
   * What was done to the input before the network saw it.
   */
  words: string;
  /**
   * The class the data give it.
   */
  target: number | null;
  /**
   * Channels that were silenced or scaled on the way.
   */
  changes: Changed[];
  /**
   * Filters whose weights were others.
   */
  edits: EditedFilter[];
  /**
   * Changes and edits in a sentence; empty without any.
   */
  changed: string;
  /**
   * The same outputs of the network as it is; empty without changes.
   */
  before: Answer[];
  /**
   * All up to twelve outputs in their order; else the ten likeliest.
   */
  answers: Answer[];
}
/**
 * A channel's values times a factor; 0 silences it.
 */
export interface Changed {
  row: number;
  channel: number;
  factor: number;
}
/**
 * A unit's weights as they would be; its bias stays.
 */
export interface EditedFilter {
  row: number;
  channel: number;
  /**
   * flip turns the kernel about its middle; identity passes the channel of its own number through.
   */
  how: "zero" | "negate" | "scale" | "flip" | "identity" | "set";
  /**
   * Of scale.
   */
  factor: number;
  /**
   * Of set; other weights stay.
   *
   * @maxItems 1024
   */
  values: SetWeight[];
}
/**
 * One weight of a filter, set to a number.
 */
export interface SetWeight {
  /**
   * Channel it reads, then the place in the kernel.
   */
  index: number[];
  value: number;
}
/**
 * One output: its name, its score before softmax, and its probability (a value's own for values).
 */
export interface Answer {
  number: number;
  name: string;
  score: number;
  probability: number;
}
/**
 * One unit at one place: what it reads, and how that adds up to its value.
 */
export interface Neuron {
  row: number;
  channel: number;
  at: number[];
  /**
   * The unit's value, after its activation.
   */
  value: number;
  /**
   * Before the activation.
   */
  before: number;
  /**
   * What the activation did, in words: 'after ReLU, which lets it pass'; empty without one.
   */
  did: string;
  /**
   * A weighted sum; the largest or the mean of a window; values added, multiplied or joined; anything else.
   */
  kind: "sum" | "largest" | "mean" | "merge" | "other";
  /**
   * With the layer's own numbers: '5×5 window, stride 1, padding 2, 16 channels'.
   */
  formula: string;
  /**
   * The strongest by what was asked for, strongest first.
   */
  parts: Part[];
  /**
   * Channels that were read and are not among `parts`.
   */
  others: number;
  /**
   * What these add together.
   */
  others_number: number;
  bias: number;
  /**
   * Parts, others and bias added up here.
   */
  total: number;
  /**
   * The same value as the network computed it.
   */
  network: number;
  /**
   * Whether they agree to a hundred-thousandth of the magnitudes added.
   */
  adds_up: boolean;
  /**
   * Which channels it has no connection to, in words; empty if it reads all.
   */
  absent: string;
  /**
   * Place of the largest value of a window, in the row it reads; else empty.
   */
  winner: number[];
  boxes: Box[];
  /**
   * Number of the output whose score the gradients are of.
   */
  about: number;
}
/**
 * One input channel's part of a neuron's sum, over the window it is read through.
 *
 * `input`, `weight`, `product` are the window's values, row by row, of `window` sizes; outside the map the input is 0.
 */
export interface Part {
  /**
   * Number of the row it comes from; −1 is the input.
   */
  row: number;
  channel: number;
  window: number[];
  /**
   * Where each value of the window stands on that row's map, counted row by row; −1 outside the map.
   */
  places: number[];
  input: number[];
  /**
   * With the normalisation that follows folded in.
   */
  weight: number[];
  product: number[];
  /**
   * Sum of `product`: what it adds.
   */
  number: number;
  /**
   * Sum of the weights' magnitudes.
   */
  strength: number;
  /**
   * How much the score asked about rises with it: sum of its gradient over the window.
   */
  gradient: number;
}
/**
 * The places of one row that a neuron reads: [first, last + 1] per axis of space, within the map.
 */
export interface Box {
  /**
   * −1 is the input.
   */
  row: number;
  spans: [number, number][];
}
/**
 * A sample of the data.
 */
export interface SampleWanted {
  sample: number;
}
/**
 * A drawing: grey values of one byte, row by row, base64; black is 0.
 */
export interface DrawingWanted {
  height: number;
  width: number;
  pixels: string;
}
/**
 * What went wrong, in the one line every error of Striate has.
 */
export interface Failure {
  code: string;
  message: string;
  hint: string;
}
/**
 * One pass back, last row to first, the input at the end.
 */
export interface BackwardMade {
  /**
   * Number of the output it begins at; −1 for a unit of a row.
   */
  about: number;
  /**
   * What the gradient is of: the output's score, or the unit's value.
   */
  score: number;
  rows: GradientRow[];
}
/**
 * The gradient that arrives at one row: that of a score, or of a unit, with regard to the row's values.
 */
export interface GradientRow {
  /**
   * −1 is the input.
   */
  row: number;
  /**
   * Whether any arrives; if not, every number is 0.
   */
  reached: boolean;
  /**
   * Root of the sum of squares.
   */
  norm: number;
  /**
   * Root of the mean of squares: the norm without the size of the map.
   */
  rms: number;
  /**
   * Share of values that are exactly zero, 0 … 1.
   */
  zeros: number;
  /**
   * Largest magnitude.
   */
  largest: number;
}
/**
 * The strongest ways back from a unit, nearest row first, the input at the end.
 */
export interface Paths {
  row: number;
  channel: number;
  at: number[];
  value: number;
  rows: PathRow[];
}
/**
 * The units of one row that matter most to a unit behind it, strongest first.
 */
export interface PathRow {
  /**
   * −1 is the input.
   */
  row: number;
  units: PathUnit[];
}
/**
 * A unit on the way to another: what it adds to that, in the first order.
 */
export interface PathUnit {
  /**
   * −1 is the input.
   */
  row: number;
  channel: number;
  at: number[];
  value: number;
  /**
   * Value × gradient of the unit asked about.
   */
  number: number;
}
/**
 * All changes of a look; none is the look at the network as it is.
 */
export interface ChangesWanted {
  /**
   * @maxItems 64
   */
  changes: Changed[];
  /**
   * @maxItems 64
   */
  edits: EditedFilter[];
}
/**
 * One look less another: its strips and walls are asked for by its key.
 */
export interface Difference {
  key: string;
  words: string;
}
/**
 * How every answer changes while a square covers each part of a look's input.
 */
export interface OcclusionWanted {
  /**
   * Key of the look.
   */
  look: string;
  /**
   * Side of the square; 0 takes a seventh of the input.
   */
  window_px: number;
  /**
   * Step of the square; 0 takes half of its side.
   */
  stride_px: number;
}
/**
 * What every unit answers to, over samples of the data, evenly spread.
 */
export interface SurveyWanted {
  /**
   * At most so many; all, if there are fewer.
   */
  samples: number;
}
/**
 * Long work: how far it is.
 */
export interface Job {
  /**
   * Of what was asked: the same work is the same job, also after a reload.
   */
  key: string;
  kind: "occlusion" | "survey" | "map" | "unit-image" | "unit-occlusion" | "training";
  state: "waiting" | "running" | "done" | "failed" | "cancelled";
  /**
   * What it is of, where a page asks for its own: 'row/channel' of a unit; else empty.
   */
  about: string;
  /**
   * What is being done just now; empty before it begins.
   */
  task: string;
  done: number;
  /**
   * None while it is not known.
   */
  total: number | null;
  /**
   * What is counted: 'window', 'image'.
   */
  unit: string;
  elapsed_s: number;
  /**
   * Estimated seconds to go; None while nothing is known.
   */
  left_s: number | null;
  failure: Failure | null;
}
/**
 * All jobs that are known, the newest first.
 */
export interface Jobs {
  jobs: Job[];
}
/**
 * What a unit answers to, over all samples of the last survey. Its pictures come apart, in the same order as `samples`.
 */
export interface Unit {
  row: number;
  channel: number;
  /**
   * What was looked at, in words.
   */
  seen: string;
  /**
   * Images with values that are not finite; they count nowhere.
   */
  broken: number;
  /**
   * Never above zero.
   */
  is_dead: boolean;
  /**
   * Above zero at every place of every image.
   */
  always_on: boolean;
  /**
   * Share of places above zero, 0 … 1.
   */
  active: number;
  largest: number;
  quantile_shares: number[];
  /**
   * Of its values at single places; each is off by at most 6.25 % of itself.
   */
  quantiles: number[];
  /**
   * The images it answers to most strongly, falling.
   */
  samples: number[];
  /**
   * Its largest value in each of them.
   */
  values: number[];
  /**
   * Where on its map that is; empty for a vector, or where it never fired.
   */
  places: number[][];
  /**
   * Pixels that it can read: '7×7'; empty where that is not known.
   */
  field: string;
  /**
   * Of the data; empty where they have no classes, as are the next two.
   */
  class_names: string[];
  /**
   * Of its strongest images.
   */
  class_counts: number[];
  /**
   * Its mean over places and images of each class.
   */
  class_means: number[];
  /**
   * (Largest class mean − mean of the others) / their sum, 0 … 1.
   */
  selectivity: number | null;
  /**
   * Share of its variance between images that classes explain, 0 … 1.
   */
  explained: number | null;
  /**
   * Mean cosine between the features of its strongest images.
   */
  coherence: number | null;
  /**
   * 95 % of random sets of as many images; empty with no coherence.
   */
  chance_coherence: number[];
  twins: Twin[];
  /**
   * A sentence for each figure.
   */
  verdicts: string[];
}
/**
 * Another unit of the layer that answers to the same images.
 */
export interface Twin {
  channel: number;
  /**
   * Of their means over single images.
   */
  correlation: number;
}
/**
 * Samples of the data laid out at some layers.
 */
export interface MapWanted {
  /**
   * At most so many, evenly spread over the data.
   */
  samples: number;
  /**
   * Numbers of the layers; empty takes the ends of stages and what the answer rests on.
   *
   * @maxItems 24
   */
  rows: number[];
  /**
   * Another seed, another start.
   */
  seed: number;
}
/**
 * A map that was made: a page as reports have them. Its arrays are asked for part by part.
 */
export interface MapShown {
  page: {
    [k: string]: unknown;
  };
  /**
   * Files of arrays; what is in several is joined along its first axis.
   */
  parts: number;
  /**
   * Number in the data of each point's sample.
   */
  samples: number[];
  /**
   * Which samples these are, in words.
   */
  seen: string;
  /**
   * Of all layers: each has a value for every point.
   */
  units: number;
}
/**
 * A look's input among the points of a map.
 */
export interface InputPlaced {
  layers: PlacedAt[];
  words: string;
}
/**
 * Where an input goes on one layer's map.
 */
export interface PlacedAt {
  layer: string;
  /**
   * Within about −1 … 1.
   */
  x: number;
  /**
   * The same, downwards, as the page draws.
   */
  y: number;
  /**
   * Farther from its nearest than 99 % of the points are from theirs.
   */
  is_far: boolean;
  /**
   * The points nearest by the layer's vectors, nearest first.
   */
  nearest: number[];
}
/**
 * Which units tell some points from all others.
 */
export interface ChoiceWanted {
  /**
   * @minItems 1
   * @maxItems 10000
   */
  points: [number, ...number[]];
  /**
   * Number of the layer whose units are told; None for all.
   */
  row: number | null;
  top: number;
}
/**
 * The units that tell the chosen points from the others best, best first.
 */
export interface Differences {
  chosen: number;
  others: number;
  /**
   * Units that were looked at; the intervals hold for all of them together.
   */
  looked_at: number;
  /**
   * Of these, units whose interval leaves one half out.
   */
  differing: number;
  units: UnitDifference[];
  sentence: string;
  correction: string;
}
/**
 * How one unit tells the chosen points from the others.
 */
export interface UnitDifference {
  row: number;
  channel: number;
  /**
   * Of pairs of a chosen point and another, those where the chosen one has the larger value; ties half.
   */
  share: number;
  /**
   * Lower end of its interval.
   */
  low: number;
  high: number;
  /**
   * Whether the interval leaves one half out.
   */
  differs: boolean;
  chosen_mean: number;
  others_mean: number;
}
/**
 * An image grown until a unit's value is high; for an output, until its score is.
 */
export interface UnitImageWanted {
  row: number;
  channel: number;
  /**
   * Of gradient ascent.
   */
  steps: number;
  seed: number;
}
/**
 * How a unit's value changes while a square covers each part of a sample.
 */
export interface UnitOcclusionWanted {
  row: number;
  channel: number;
  sample: number;
  /**
   * Side of the square; 0 takes a seventh of the input.
   */
  window_px: number;
  /**
   * Step of the square; 0 takes half of its side.
   */
  stride_px: number;
}
/**
 * An image grown for a unit; its pictures come apart: with the prior, without, for weights drawn anew.
 */
export interface GrownImage {
  row: number;
  channel: number;
  /**
   * It was grown for an output's score, else for a unit's value.
   */
  is_output: boolean;
  /**
   * What each picture is, in their order.
   */
  names: string[];
  /**
   * What was climbed, for each picture; None where it is not known.
   */
  reached: (number | null)[];
  /**
   * The same over real images: mean of the class's, or the unit's highest.
   */
  natural: number | null;
  /**
   * Place among all outputs, or all channels of the layer; 1 is the highest.
   */
  rank: number | null;
  /**
   * How many outputs, or channels.
   */
  of: number;
  steps: number;
  /**
   * What was reached, a phrase each.
   */
  words: string[];
  notes: string[];
}
/**
 * The weights a unit reads with, as stored; their pictures come apart, in the same order.
 */
export interface UnitFilter {
  row: number;
  channel: number;
  /**
   * Name of the op they belong to.
   */
  op: string;
  /**
   * Name of the parameter.
   */
  key: string;
  /**
   * Sides of the window; empty for a fully connected layer.
   */
  kernel: number[];
  /**
   * Channels it reads, or features.
   */
  inputs: number;
  /**
   * Number of the first of them; 0 but for convolutions in groups.
   */
  first: number;
  /**
   * Of all its weights.
   */
  norm: number;
  bias: number | null;
  /**
   * Share of its weights' power in the channels listed, 0 … 1.
   */
  share: number;
  /**
   * Those of the largest norm, falling.
   */
  channels: FilterChannel[];
}
/**
 * The weights with which a unit reads one channel.
 */
export interface FilterChannel {
  /**
   * Its number in the layer that is read; its place in the filter is that less `first`.
   */
  channel: number;
  /**
   * Root of the sum of squares.
   */
  norm: number;
  sum: number;
}
/**
 * How a unit's mean is spread over images and classes, and what rules say of its layer.
 */
export interface UnitFigures {
  row: number;
  channel: number;
  /**
   * Whose means are counted: at most 512, evenly spread over those that were surveyed.
   */
  images: number;
  /**
   * Of the bins, one more than `counts`.
   */
  edges: number[];
  counts: number[];
  /**
   * Of those images.
   */
  mean: number;
  rules: RuleSaid[];
}
/**
 * What a rule found about the unit's layer.
 */
export interface RuleSaid {
  code: string;
  name: string;
  severity: string;
  message: string;
  todo: string;
}
/**
 * The strongest ways from a unit to an output, nearest row first.
 */
export interface Onward {
  row: number;
  channel: number;
  at: number[];
  value: number;
  /**
   * Number of the output.
   */
  about: number;
  score: number;
  /**
   * Value × gradient of the score: what it would lose, to first order, without the unit.
   */
  total: number;
  rows: OnwardRow[];
}
/**
 * The units of one row through which most of a unit's effect on a score goes, the strongest first.
 */
export interface OnwardRow {
  row: number;
  /**
   * `number` is what of the effect goes through it.
   */
  units: PathUnit[];
  /**
   * What goes through these together.
   */
  shown: number;
  /**
   * What goes through all units of the row; the effect itself, if no way passes it by.
   */
  whole: number;
}
/**
 * How the gradient of a score came to a unit, and how its op hands it on; the pictures' arrays come apart.
 */
export interface Law {
  row: number;
  channel: number;
  at: number[];
  /**
   * Name of the op that is told of: the one that does the row's work.
   */
  op: string;
  /**
   * Number of the output whose score it is.
   */
  about: number;
  /**
   * That arrives at the op's value there.
   */
  gradient: number;
  /**
   * Channels and sides of the unit's filter; empty where it has none to share.
   */
  weights: number[];
  /**
   * Which of them is told as a sum over places; empty without.
   */
  weight: number[];
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
 * A look's edited network, as a new one on disk.
 */
export interface SaveWanted {
  /**
   * Key of the look whose edits are kept.
   */
  look: string;
  /**
   * Of the new folder.
   */
  name: string;
}
/**
 * Where an edited network was written.
 */
export interface NetworkSaved {
  folder: string;
  /**
   * What was edited, in a sentence.
   */
  words: string;
}
/**
 * Weights that can stand beside those that are watched.
 */
export interface VersionRow {
  /**
   * By which it is asked for, and which an address holds.
   */
  name: string;
  /**
   * When in its training it was: 'after epoch 2'; or what it is called.
   */
  words: string;
  /**
   * Name of the training it is of; empty for a network that was named beside.
   */
  run: string;
  /**
   * Steps it had been trained; None where nobody counted.
   */
  step: number | null;
}
/**
 * An input in another version: its layers are asked for by the key, on the rows of the watched network.
 */
export interface Beside {
  key: string;
  version: string;
  /**
   * What the version is, in words.
   */
  words: string;
  params: number;
  /**
   * The version's own, as of any look.
   */
  answers: Answer[];
  /**
   * Rows that have no layer of their name and shape in the version: nothing is shown.
   */
  alone: number[];
  /**
   * Layers of the version that have no row here.
   */
  others: string[];
  /**
   * Whether both answer with outputs of the same names, in the same order.
   */
  shares_outputs: boolean;
}
/**
 * A training to begin, in a folder of its own beside the opened one.
 */
export interface TrainingWanted {
  /**
   * What its folder's name ends with.
   */
  name: string;
  /**
   * Random weights of the blueprint, or those that are watched.
   */
  start: "anew" | "weights";
  recipe: RecipeWanted;
  /**
   * Keep the weights after every so many epochs.
   */
  keep_every: number;
}
/**
 * How to train: the fields of a recipe that the page offers.
 */
export interface RecipeWanted {
  optimizer: "sgd" | "adam" | "adamw";
  /**
   * Highest learning rate.
   */
  rate: number;
  schedule: "one-cycle" | "cosine" | "constant";
  epochs: number;
  batch: number;
  weight_decay: number;
  shift_px: number;
  warm_up: number;
  label_smoothing: number;
  patience: number;
  guard: "none" | "watch" | "rollback";
  seed: number;
}
/**
 * A training beside the watched network, or its own.
 */
export interface TrainingRow {
  /**
   * Of its folder.
   */
  name: string;
  state: "waiting" | "running" | "done" | "stopped" | "failed" | "killed" | "elsewhere";
  /**
   * Its state in a sentence.
   */
  words: string;
  can_resume: boolean;
  /**
   * The watched network is what it made.
   */
  is_opened: boolean;
  /**
   * Its progress, while this studio works on it or has done so.
   */
  job: Job | null;
}
/**
 * All trainings that lie beside the watched network, its own first.
 */
export interface Trainings {
  /**
   * What the name of every new folder begins with.
   */
  stem: string;
  /**
   * Why none can be begun; empty if one can.
   */
  refusal: string;
  starts: ("anew" | "weights")[];
  suggested: TrainingWanted;
  trainings: TrainingRow[];
}
/**
 * How a training went, so far.
 */
export interface TrainingShown {
  training: TrainingRow;
  /**
   * How far it came, in a sentence with its score.
   */
  verdict: string;
  /**
   * What was trained by which recipe, in words.
   */
  said: string;
  /**
   * Its curves, each a `Charts` of the report: by epoch, by step; none before the first measurement.
   */
  figures: {
    [k: string]: unknown;
  }[];
  /**
   * Weights it kept on its way, and its end, in their order.
   */
  versions: VersionRow[];
}
/**
 * A tour that can be taken.
 */
export interface TourName {
  name: string;
  title: string;
  /**
   * What one knows after it, in a sentence.
   */
  about: string;
}
/**
 * A tour through the network that is watched.
 */
export interface Tour {
  name: string;
  title: string;
  about: string;
  steps: TourStep[];
  left_out: StepLeft[];
}
/**
 * A step: where it is, what it says, and what was measured there.
 */
export interface TourStep {
  title: string;
  words: string;
  look_for: string;
  /**
   * The part of the page beside which it stands.
   */
  points_at: "input" | "cover" | "compare" | "layers" | "neuron" | "change";
  /**
   * What the address says after '#/explore?' while it is shown, without the tour.
   */
  address: string;
  /**
   * What holds of this network here, with its figure; empty if nothing was measured.
   */
  measured: string;
  /**
   * Whether what was measured is as it should be.
   */
  holds: boolean;
}
/**
 * A step that this network has nothing for.
 */
export interface StepLeft {
  title: string;
  why: string;
}
/**
 * The view that is to be kept.
 */
export interface FreezeWanted {
  address: string;
  input: string;
  /**
   * Of that input, with the changes that are shown.
   */
  look: string;
  /**
   * The input it is compared with.
   */
  kept: string;
  /**
   * Name of the version that stands beside it.
   */
  beside: string;
  /**
   * Number of the output that gradients are of.
   */
  about: number;
  /**
   * Row that is unfolded.
   */
  open: number | null;
  /**
   * Units that were looked at, the chosen one first.
   *
   * @maxItems 32
   */
  units: UnitWanted[];
}
/**
 * A unit at a place of its map.
 */
export interface UnitWanted {
  row: number;
  channel: number;
  at: number[];
}
/**
 * What is written into the file: the answers that the page would have been given.
 */
export interface Frozen {
  address: string;
  /**
   * When, and of what, in words.
   */
  made: string;
  /**
   * What was too large, in words.
   */
  left: string[];
  /**
   * By name, as the server's JSON.
   */
  answers: {
    [k: string]: unknown;
  };
  /**
   * By name, base64 of files in the safetensors layout.
   */
  arrays: {
    [k: string]: string;
  };
}
/**
 * How far the opening is.
 */
export interface Beginning {
  state: "opening" | "ready" | "failed";
  /**
   * What is being done just now; empty while the first words are read.
   */
  task: string;
  done: number;
  total: number | null;
  unit: string;
  /**
   * Estimated seconds to go; None while nothing is known.
   */
  left_s: number | null;
  /**
   * Figures of the task so far, thinned to a few hundred.
   */
  moments: Moment[];
  log: string[];
  failure: string;
}
/**
 * A point of the training as it goes.
 */
export interface Moment {
  done: number;
  figures: {
    [k: string]: number;
  };
}
/**
 * A network as one writes it: a line of text or YAML, and the conditions of its training step.
 */
export interface DesignWanted {
  text: string;
  batch: number;
  optimizer: "sgd" | "momentum" | "adam" | "adamw" | "rmsprop";
  /**
   * Choices made: {'w': '48'}.
   */
  values: {
    [k: string]: string;
  };
}
/**
 * What is true of a network on paper; with a `failure`, how far it could be read.
 */
export interface Designed {
  failure: Failure | null;
  /**
   * Place of the failure, as its message has it; empty without one.
   */
  where: string;
  reached: ReachedRow[];
  /**
   * What is open; it must be chosen before anything can be counted.
   */
  choices: OpenChoice[];
  remedies: Remedy[];
  /**
   * A `Page` of the report, as `striate check --page` writes it.
   */
  page: {
    [k: string]: unknown;
  } | null;
  /**
   * The network in one line; empty if it does not read.
   */
  text: string;
  yaml: string;
  /**
   * PyTorch source; empty while something is open or clashes.
   */
  source: string;
}
/**
 * A layer before the place where sizes clash.
 */
export interface ReachedRow {
  name: string;
  summary: string;
  shape: string;
  params: number;
  macs: number;
}
/**
 * Something the network leaves open.
 */
export interface OpenChoice {
  name: string;
  values: string[];
}
/**
 * A cure of a finding, and the network with it.
 */
export interface Remedy {
  rule: string;
  /**
   * What is changed, with its effect on parameters, MACs and memory.
   */
  words: string;
  /**
   * The network with it, in one line.
   */
  text: string;
}
/**
 * The reports of the run's folder by name, then pages of the folders that were named, the newest first.
 */
export interface Reports {
  files: ReportFile[];
  /**
   * Those that were named.
   */
  folders: string[];
  /**
   * Older files of HTML in those folders that were not opened.
   */
  left_out: number;
  /**
   * Whether those folders were gone through to their end.
   */
  is_whole: boolean;
}
/**
 * A report in the run's folder, or a page in another that was named.
 */
export interface ReportFile {
  /**
   * What it is asked for by: its name in the run's folder, else made of where it lies.
   */
  key: string;
  name: string;
  title: string;
  /**
   * Where it lies; empty in the run's folder.
   */
  folder: string;
  size_bytes: number;
}
