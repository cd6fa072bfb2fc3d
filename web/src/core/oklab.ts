// Colour scales are mixed in OKLab, where equal steps look equally far apart; CSS gradients `in oklab` agree with them.

type Triple = readonly [number, number, number];

const toLinear = (x: number) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
const toGamma = (x: number) => (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055);
const toByte = (x: number) => Math.round(255 * toGamma(Math.min(1, Math.max(0, x))));

/** Red, green, blue from 0 to 255 out of `#rrggbb`. */
export function rgbOfHex(hex: string): Triple {
  const digits = /^#([0-9a-f]{6})$/i.exec(hex.trim())?.[1];
  if (digits === undefined) throw new Error(`${hex} is not a colour of the form #rrggbb.`);
  const value = parseInt(digits, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

export function labOfRgb(rgb: Triple): Triple {
  const [r, g, b] = [toLinear(rgb[0] / 255), toLinear(rgb[1] / 255), toLinear(rgb[2] / 255)];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

export function rgbOfLab([lightness, a, b]: Triple): Triple {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    toByte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    toByte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    toByte(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** A colour as canvas pixels hold it in a little-endian Uint32: alpha, blue, green, red. */
export const pixel = (r: number, g: number, b: number, alpha = 255) =>
  ((alpha << 24) | (b << 16) | (g << 8) | r) >>> 0;

/** 256 pixels from the first anchor to the last, in equal OKLab steps between neighbours. */
export function lookupTable(anchors: readonly string[]): Uint32Array {
  const labs = anchors.map((hex) => labOfRgb(rgbOfHex(hex)));
  const table = new Uint32Array(256);
  for (let i = 0; i < 256; i++) {
    const place = (i / 255) * (labs.length - 1);
    const k = Math.min(labs.length - 2, Math.floor(place));
    const from = labs[k]!;
    const to = labs[k + 1]!;
    const at = (axis: 0 | 1 | 2) => from[axis] + (to[axis] - from[axis]) * (place - k);
    table[i] = pixel(...rgbOfLab([at(0), at(1), at(2)]));
  }
  return table;
}
