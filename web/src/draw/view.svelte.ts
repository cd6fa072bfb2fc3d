// What pictures depend on beside their data: the scheme, the density of pixels, and whether the page is being printed.
import { flushSync } from "svelte";
import { readPalette } from "./palette.ts";

export type Scheme = "system" | "light" | "dark";

class View {
  scheme: Scheme = $state("system");
  ratio = $state(window.devicePixelRatio || 1);
  printing = $state(false);
  #tokens = $state.raw(readPalette());

  get palette() {
    return this.#tokens;
  }

  constructor() {
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#refill());
    addEventListener("beforeprint", () => this.#print(true));
    addEventListener("afterprint", () => this.#print(false));
    this.#followRatio();
  }

  choose(scheme: Scheme) {
    this.scheme = scheme;
    this.#apply(scheme);
  }

  #apply(scheme: Scheme) {
    const { dataset } = document.documentElement;
    if (scheme === "system") delete dataset["scheme"];
    else dataset["scheme"] = scheme;
    this.#refill();
  }

  #refill() {
    this.#tokens = readPalette();
  }

  /** Canvases are drawn before the print style holds, so the light scheme is set for them by hand. */
  #print(printing: boolean) {
    this.#apply(printing ? "light" : this.scheme);
    this.printing = printing;
    flushSync();
  }

  #followRatio() {
    const query = matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
    const changed = () => {
      this.ratio = window.devicePixelRatio || 1;
      this.#followRatio();
    };
    query.addEventListener("change", changed, { once: true });
  }
}

export const view = new View();
