// The safetensors layout: 8 bytes with the header's length, a JSON header, then the raw numbers, little-endian.

const makers = {
  U8: (bytes: Uint8Array<ArrayBuffer>) => bytes,
  I8: (bytes: Uint8Array<ArrayBuffer>) => new Int8Array(bytes.buffer),
  I16: (bytes: Uint8Array<ArrayBuffer>) => new Int16Array(bytes.buffer),
  F32: (bytes: Uint8Array<ArrayBuffer>) => new Float32Array(bytes.buffer),
  I32: (bytes: Uint8Array<ArrayBuffer>) => new Int32Array(bytes.buffer),
};
const widths = { U8: 1, I8: 1, I16: 2, F32: 4, I32: 4 };

export type Numbers = Uint8Array | Int8Array | Int16Array | Float32Array | Int32Array;

/** An array with its shape. The number meant is `data[i] * scale`. */
export interface Tensor {
  shape: readonly number[];
  data: Numbers;
  scale: number;
}

interface Entry {
  dtype: keyof typeof makers;
  shape: number[];
  data_offsets: [number, number];
}

function tensorFrom(name: string, entry: Entry, body: Uint8Array, scale: number): Tensor {
  const make = makers[entry.dtype];
  if (make === undefined) throw new Error(`Array ${name}: type ${entry.dtype} is not known here.`);
  const [start, end] = entry.data_offsets;
  const size = entry.shape.reduce((product, side) => product * side, widths[entry.dtype]);
  if (!(start >= 0 && end <= body.length && end - start === size)) {
    throw new Error(`Array ${name}: bytes ${start} to ${end} do not hold ${size} bytes.`);
  }
  // A copy, because wider numbers must begin at a multiple of their width.
  return { shape: entry.shape, data: make(new Uint8Array(body.subarray(start, end))), scale };
}

export function readSafetensors(bytes: Uint8Array): ReadonlyMap<string, Tensor> {
  if (bytes.length < 8) throw new Error("The arrays are cut off before their header.");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > bytes.length - 8) throw new Error("The arrays are cut off within their header.");
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const { __metadata__: notes = {}, ...entries } = header;
  const body = bytes.subarray(8 + length);
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of Object.entries(entries as Record<string, Entry>)) {
    tensors.set(name, tensorFrom(name, entry, body, Number(notes[`scale.${name}`] ?? 1)));
  }
  return tensors;
}
