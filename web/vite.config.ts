import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { singleFile } from "./scripts/single-file.ts";

export default defineConfig({
  base: "./",
  plugins: [svelte(), singleFile("report.html")],
  build: {
    outDir: "../src/striate/page/static",
    emptyOutDir: true,
    target: "es2023",
    modulePreload: false,
    cssCodeSplit: false,
    assetsInlineLimit: Infinity,
  },
});
