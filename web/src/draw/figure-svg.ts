// What a part of the page shows, as one SVG: charts as charts, canvases in their own pixels, words as words.
import { colourStops, linesOf } from "../core/figure-words.ts";
import { textWidth } from "./text.ts";

const space = "http://www.w3.org/2000/svg";
const unsaved = "details, form, input, select, textarea, .unseen, [data-unsaved]";
const painted = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linecap",
  "stroke-linejoin",
  "stroke-opacity",
  "opacity",
  "font-family",
  "font-size",
  "font-weight",
  "text-anchor",
  "paint-order",
];
const margin = 12;
const sourceLine = 16;

interface Origin {
  left: number;
  top: number;
}

function made(name: string, attributes: Record<string, string | number>, inside?: Element) {
  const element = document.createElementNS(space, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  inside?.append(element);
  return element;
}

const isSeen = (colour: string) => colour !== "transparent" && !/, 0\)$|\/ 0\)$/.test(colour);

/** A chart with the page's styles written into it. */
function chart(element: SVGElement, place: Record<string, number>, out: Element) {
  const copy = element.cloneNode(true) as SVGElement;
  const originals = [element, ...element.querySelectorAll<SVGElement>("*")];
  const copies = [copy, ...copy.querySelectorAll<SVGElement>("*")];
  originals.forEach((original, i) => {
    const style = getComputedStyle(original);
    const written = painted.map((name) => `${name}:${style.getPropertyValue(name)}`).join(";");
    copies[i]!.removeAttribute("class");
    copies[i]!.setAttribute("style", written);
  });
  for (const [key, value] of Object.entries(place)) copy.setAttribute(key, String(value));
  copy.setAttribute("overflow", "visible");
  out.append(copy);
}

let ramps = 0;

function ground(style: CSSStyleDeclaration, place: Record<string, number>, out: Element) {
  const stops = colourStops(style.backgroundImage);
  if (stops.length > 1) {
    const id = `ramp-${++ramps}`;
    const ramp = made("linearGradient", { id }, out);
    stops.forEach((colour, i) =>
      made("stop", { offset: i / (stops.length - 1), "stop-color": colour }, ramp),
    );
    made("rect", { ...place, fill: `url(#${id})` }, out);
  } else if (isSeen(style.backgroundColor)) {
    made("rect", { ...place, fill: style.backgroundColor }, out);
  }
}

function rules(style: CSSStyleDeclaration, place: Record<string, number>, out: Element) {
  const { x = 0, y = 0, width = 0, height = 0 } = place;
  const sides = [
    ["top", x, y, width, 0],
    ["bottom", x, y + height, width, 0],
    ["left", x, y, 0, height],
    ["right", x + width, y, 0, height],
  ] as const;
  for (const [side, left, top, across, down] of sides) {
    const wide = parseFloat(style.getPropertyValue(`border-${side}-width`));
    const colour = style.getPropertyValue(`border-${side}-color`);
    if (!(wide > 0) || !isSeen(colour)) continue;
    const line = { x1: left, y1: top, x2: left + across, y2: top + down };
    made("line", { ...line, stroke: colour, "stroke-width": wide }, out);
  }
}

let ruler: CanvasRenderingContext2D | null = null;

/** How far below the top of its box a font's words stand. */
function ascent(font: string): number {
  ruler ??= document.createElement("canvas").getContext("2d");
  if (!ruler) return 0;
  ruler.font = font;
  return ruler.measureText("x").fontBoundingBoxAscent;
}

function words(node: Text, style: CSSStyleDeclaration, origin: Origin, out: Element) {
  const range = document.createRange();
  const found = [...node.data.matchAll(/[^ \n\t]+/g)].flatMap(({ index, 0: text }) => {
    range.setStart(node, index);
    range.setEnd(node, index + text.length);
    const box = range.getClientRects()[0];
    return box && box.width > 0 ? [{ text, left: box.left, top: box.top }] : [];
  });
  const { fontWeight, fontSize, fontFamily, color } = style;
  const below = ascent(`${fontWeight} ${fontSize} ${fontFamily}`);
  for (const { text, left, top } of linesOf(found)) {
    const place = { x: left - origin.left, y: top - origin.top + below };
    const font = { "font-family": fontFamily, "font-size": fontSize, "font-weight": fontWeight };
    made("text", { ...place, ...font, fill: color }, out).textContent = text;
  }
}

/** A button that does something, and is no word of the picture. */
const isAction = (element: Element, style: CSSStyleDeclaration) =>
  element.matches("button") && parseFloat(style.borderTopWidth) > 0;

function draw(element: Element, origin: Origin, out: Element) {
  const style = getComputedStyle(element);
  if (element.matches(unsaved) || style.display === "none" || style.visibility === "hidden") return;
  if (isAction(element, style)) return;
  const box = element.getBoundingClientRect();
  const { width, height } = box;
  const place = { x: box.left - origin.left, y: box.top - origin.top, width, height };
  if (element instanceof HTMLCanvasElement) {
    if (element.width === 0 || element.height === 0) return;
    const href = element.toDataURL("image/png");
    const how = { preserveAspectRatio: "none", style: "image-rendering:pixelated" };
    made("image", { ...place, ...how, href }, out);
    return;
  }
  if (element instanceof SVGElement) return chart(element, place, out);
  let inside: Element = out;
  if (style.opacity !== "1") inside = made("g", { opacity: style.opacity }, inside);
  ground(style, place, inside);
  rules(style, place, inside);
  let from = origin;
  if (style.overflowX !== "visible" || style.overflowY !== "visible") {
    inside = made("svg", { ...place, overflow: "hidden" }, inside);
    from = box;
  }
  for (const node of element.childNodes) {
    if (node instanceof Text) words(node, style, from, inside);
    else if (node instanceof Element) draw(node, from, inside);
  }
}

/** A part of the page as an SVG file, with where it comes from beneath. */
export function figureSvg(element: Element, source: string): string {
  // What is not saved leaves no holes either.
  const others = [...element.querySelectorAll<HTMLElement>(unsaved)].map(
    (one) => [one, one.style.display] as const,
  );
  for (const [one] of others) if (!one.matches(".unseen")) one.style.display = "none";
  try {
    return drawing(element, source);
  } finally {
    for (const [one, display] of others) one.style.display = display;
  }
}

function drawing(element: Element, source: string): string {
  const box = element.getBoundingClientRect();
  const root = getComputedStyle(document.documentElement);
  const token = (name: string) => root.getPropertyValue(name).trim();
  const width = Math.max(240, Math.ceil(box.width)) + 2 * margin;
  const said = wrapped(source, width - 2 * margin);
  const height = Math.ceil(box.height) + 2 * margin + sourceLine * said.length;
  const out = made("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
  made("rect", { width, height, fill: token("--paper") }, out);
  draw(element, { left: box.left - margin, top: box.top - margin }, out);
  const font = { "font-family": token("--sans"), "font-size": "12px", fill: token("--ink-3") };
  said.forEach((text, i) => {
    const y = height - margin - 4 - sourceLine * (said.length - 1 - i);
    made("text", { x: margin, y, ...font }, out).textContent = text;
  });
  return new XMLSerializer().serializeToString(out);
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ").filter(Boolean)) {
    const longer = [lines.at(-1), word].filter(Boolean).join(" ");
    if (lines.length > 0 && textWidth(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** The same as a picture of so many device pixels a CSS pixel. */
export async function pngOf(svg: string, ratio: number): Promise<Blob> {
  const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.naturalWidth * ratio);
    canvas.height = Math.round(image.naturalHeight * ratio);
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((kept, refused) =>
      canvas.toBlob((blob) => (blob ? kept(blob) : refused(new Error("No picture was made.")))),
    );
  } finally {
    URL.revokeObjectURL(address);
  }
}
