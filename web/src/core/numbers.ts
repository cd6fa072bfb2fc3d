// Numbers as text. Values that Python has already put into words pass through untouched.

export const narrow = "\u202f";
export const minus = "\u2212";

/** Groups of three from five digits on; a true minus. */
export function grouped(text: string): string {
  const [, sign = "", whole = "", rest = ""] = /^(-?)(\d+)(.*)$/s.exec(text) ?? [];
  if (whole === "") return text;
  const spaced = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, narrow) : whole;
  return (sign && minus) + spaced + rest;
}

export function fixed(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  return grouped(Number(text) === 0 ? text.replace("-", "") : text);
}

/** Signed quantities carry their plus as well; zero carries none. */
export function signed(text: string): string {
  return text.startsWith(minus) || /^[0.]+$/.test(text) ? text : `+${text}`;
}

/** Three significant digits, without exponent where one can do without. */
export function measured(value: number, digits = 3): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const size = Math.floor(Math.log10(Math.abs(value)));
  if (size < -4) return grouped(value.toExponential(digits - 1).replace("e-", `e${minus}`));
  return fixed(value, Math.max(0, digits - 1 - size));
}

/** A probability: three significant digits, and never as good as 0 or 1. */
export function probable(value: number): string {
  if (value > 0 && value < 0.001) return "below 0.001";
  return value > 0.999 ? "above 0.999" : measured(value);
}

/** As written: all digits of a whole number, up to six significant ones of any other. */
export function plain(value: number): string {
  return grouped(Number.isInteger(value) ? value.toFixed(0) : String(Number(value.toPrecision(6))));
}

const raised = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** The power of ten that the largest magnitude of some numbers is counted in, and its name: 0.00352 in 10⁻³. */
export function powerOf(values: Iterable<number>): { size: number; name: string } {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  const power = most > 0 ? Math.floor(Math.log10(most)) : 0;
  if (power >= -1 && power < 3) return { size: 1, name: "ones" };
  const digits = [...String(Math.abs(power))].map((digit) => raised[Number(digit)]).join("");
  return { size: 10 ** power, name: `10${power < 0 ? "⁻" : ""}${digits}` };
}
