// A neuron small enough to reckon by hand: two of three channels of a 2×2 map, read through 2×2 with a row of padding above, bias 0.5.
import type { LayerRow, Neuron, Part } from "../studio/wire.ts";

export const layer = (given: Partial<LayerRow>): LayerRow => ({
  name: "conv",
  summary: "",
  kind: "conv",
  block: "",
  channels: 3,
  sizes: [2, 2],
  sees: "",
  reads: [],
  params: 0,
  macs: 0,
  is_learned: true,
  is_rectified: true,
  ...given,
});

export const part = (given: Partial<Part>): Part => ({
  row: 0,
  channel: 0,
  window: [2, 2],
  places: [-1, -1, 0, 1],
  input: [0, 0, 2, 3],
  weight: [1, 1, 1, -1],
  product: [0, 0, 2, -3],
  number: -1,
  strength: 4,
  gradient: 0,
  ...given,
});

export const neuron = (given: Partial<Neuron>): Neuron => ({
  row: 1,
  channel: 2,
  at: [0, 1],
  value: 3.75,
  before: 3.75,
  did: "after ReLU, which lets it pass",
  kind: "sum",
  formula: "2×2 window",
  parts: [
    part({
      channel: 5,
      input: [0, 0, 1, 4],
      weight: [9, 9, 0.25, 0.75],
      product: [0, 0, 0.25, 3],
      number: 3.25,
    }),
    part({}),
  ],
  others: 1,
  others_number: 1,
  bias: 0.5,
  total: 3.75,
  network: 3.75,
  adds_up: true,
  absent: "",
  winner: [],
  boxes: [],
  about: 0,
  ...given,
});

export const rows = [
  layer({ name: "conv1", channels: 6, sizes: [3, 3] }),
  layer({ name: "conv2", channels: 4, sizes: [2, 2] }),
];
