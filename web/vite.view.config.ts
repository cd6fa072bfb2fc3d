// A view of the studio that was saved: one file, as a report is.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { singleFile } from "./scripts/single-file.ts";

export default defineConfig({
  base: "./",
  plugins: [svelte(), singleFile("view.html")],
  build: {
    outDir: "../src/striate/page/static",
    // The report and the studio stand there.
    emptyOutDir: false,
    target: "es2023",
    modulePreload: false,
    cssCodeSplit: false,
    assetsInlineLimit: Infinity,
    // One script: what the page of the server fetches when it is needed is inside.
    rollupOptions: { input: "view.html", output: { inlineDynamicImports: true } },
  },
});
