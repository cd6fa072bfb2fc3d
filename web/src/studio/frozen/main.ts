import { mount } from "svelte";
import { answerFrom } from "../api.ts";
import { studio } from "../studio.svelte.ts";
import FrozenShell from "./FrozenShell.svelte";
import { FrozenStore } from "./store.ts";
import "../../styles/tokens.css";
import "../../styles/base.css";

const target = document.getElementById("app");
const text = document.getElementById("striate-view")?.textContent;
if (target && text) {
  const store = new FrozenStore(JSON.parse(text));
  answerFrom(store);
  studio.isFrozen = true;
  if (location.hash === "") history.replaceState(null, "", store.frozen.address);
  mount(FrozenShell, { target, props: { frozen: store.frozen } });
} else if (target) {
  target.textContent = "This file holds no view. Save one in the studio, and open that.";
}
