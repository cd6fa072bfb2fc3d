import { mount } from "svelte";
import Shell from "./Shell.svelte";
import "../styles/tokens.css";
import "../styles/base.css";

const target = document.getElementById("app");
if (target) mount(Shell, { target });
