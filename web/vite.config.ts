import { defineConfig } from "vite";

// No source leaves this machine and none is asked for: every file of the page is in dist/.
export default defineConfig({
  base: "./",
  build: { target: "es2022", chunkSizeWarningLimit: 700, modulePreload: { polyfill: false } },
});
