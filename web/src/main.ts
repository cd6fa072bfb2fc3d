import { mount } from "svelte";
import App from "./App.svelte";
import { inlined } from "./source.ts";
import type { Source } from "./source.ts";
import "./styles/tokens.css";
import "./styles/base.css";

let source: Source | null = null;
let fault = "";
try {
  source = inlined(document);
} catch (error) {
  fault = error instanceof Error ? error.message : String(error);
}

const target = document.getElementById("app");
if (target) mount(App, { target, props: { source, fault } });

// Sections did not exist when the browser looked for the address's anchor.
requestAnimationFrame(() => document.getElementById(location.hash.slice(1))?.scrollIntoView());
