/**
 * How the dashboard is built: into files that the server sends from below `/ui/`. They name each other by where they lie, so
 * that they work behind any prefix: `/ns/team-a/ui/` of a namespace, or that of a proxy.
 */
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const server = process.env["OCTOPUS_SERVER_URL"] ?? "http://127.0.0.1:8000";
const source = fileURLToPath(new URL("../src", import.meta.url));

// Vite reads the default export; it is the only one of this repository.
// oxlint-disable-next-line import/no-default-export
export default defineConfig(({ command }) => ({
  base: command === "build" ? "./" : "/ui/",
  plugins: [react()],
  resolve: {
    alias: [
      { find: /^@octopus\//, replacement: `${source}/` },
      // Asked for by the client where it runs in Node; in a browser nobody comes to it.
    ],
  },
  worker: { format: "es" },
  build: {
    target: "es2023",
    outDir: "dist",
    emptyOutDir: true,
    manifest: true,
    // A file that is inlined as data: would need a hole in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
  },
  server: {
    port: 5173,
    proxy: {
      // The server refuses what comes from pages of other origins: to it, this page is its own.
      "/api": { target: server, changeOrigin: true, headers: { origin: server } },
    },
  },
}));
