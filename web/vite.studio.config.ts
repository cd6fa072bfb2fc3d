// The studio is served, not opened from disk: a page with its script and its styles beside it.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import type { Plugin } from "vite";

/** A server hands out a folder by its index. */
const asIndex: Plugin = {
  name: "as-index",
  enforce: "post",
  generateBundle(_, bundle) {
    const page = bundle["studio.html"];
    if (page) page.fileName = "index.html";
    else this.error("the studio must have its page");
  },
};

export default defineConfig({
  base: "./",
  plugins: [svelte(), asIndex],
  build: {
    outDir: "../src/striate/page/static/studio",
    emptyOutDir: true,
    target: "es2023",
    modulePreload: false,
    cssCodeSplit: false,
    rollupOptions: { input: "studio.html" },
  },
});
