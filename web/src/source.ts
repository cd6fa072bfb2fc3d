// Where a page comes from. Today it lies inside the file; a server may hand out the same two parts later.
import { readSafetensors } from "./core/safetensors.ts";
import type { Tensor } from "./core/safetensors.ts";
import type { Page } from "./wire.ts";

export interface Source {
  page: Page;
  array: (name: string) => Tensor;
}

function bytesOf(base64: string): Uint8Array {
  const text = atob(base64.trim());
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** The inlined page, or null where nothing was put in. */
export function inlined(document: Document): Source | null {
  const page = document.getElementById("striate-page")?.textContent;
  if (!page) return null;
  const packed = document.getElementById("striate-arrays")?.textContent?.trim();
  const tensors = packed ? readSafetensors(bytesOf(packed)) : new Map<string, Tensor>();
  return {
    page: JSON.parse(page),
    array(name) {
      const tensor = tensors.get(name);
      if (tensor === undefined) throw new Error(`The array ${name} is not in this file.`);
      return tensor;
    },
  };
}
