/**
 * Which layer may import which: the one table. A layer is a folder of src/; the files directly in it are one, too.
 * `tidy.test.ts` checks every import against it, and ARCHITECTURE.md shows its picture. Tests beside the code are free.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./source-files.ts";

interface Layer {
  /** Layers that it may import. */
  imports: readonly string[];
  /** Layers whose types it may import (`import type`), and nothing that exists at run time. */
  types?: readonly string[];
  /** npm packages that it may import. */
  packages?: readonly string[];
  /** Node's own modules: all, none, or these. */
  node: "all" | "none" | readonly string[];
  /** What to do instead, for the message. */
  instead: string;
}

const ADAPTER = "state what you need as a port in engine/, and let node.ts put the parts together";
const PURE = "take what you need (time, numbers, text) as an argument; the outer layers own clocks, files and sockets";

export const LAYERS: Readonly<Record<string, Layer>> = {
  base: { imports: [], node: "none", instead: PURE },
  core: { imports: ["base"], node: "none", instead: PURE },
  protocol: { imports: ["base"], types: ["core"], packages: ["zod"], node: "none", instead: PURE },
  workflow: { imports: ["base", "protocol"], packages: ["yaml", "@marcbachmann/cel-js"], node: "none", instead: PURE },
  convert: { imports: ["base", "protocol"], packages: ["yaml"], node: "none", instead: PURE },
  schedule: {
    imports: ["base"],
    types: ["core", "protocol"],
    packages: ["croner"],
    node: "none",
    instead: PURE,
  },
  view: { imports: ["base", "protocol"], node: "none", instead: PURE },
  // Knowing a server by its certificate: clients and workers do it alike.
  trust: {
    imports: ["base", "protocol"],
    node: ["node:tls"],
    instead: "the client uses it too, and runs in browsers: take what you need from `process.getBuiltinModule`",
  },
  client: {
    imports: ["base", "protocol", "trust"],
    node: ["node:http", "node:https", "node:net"],
    instead: "talk to the server by its API: the client runs in browsers too",
  },
  engine: { imports: ["base", "core", "protocol"], node: "none", instead: ADAPTER },
  store: { imports: ["base", "core", "protocol"], types: ["engine"], node: "all", instead: ADAPTER },
  cluster: { imports: ["base", "core", "protocol"], types: ["engine"], node: "all", instead: ADAPTER },
  server: {
    imports: ["base", "protocol", "engine", "trust"],
    packages: [
      ...["@hono/node-server", "@hono/zod-openapi", "hono", "ws", "zod"],
      ...["@peculiar/x509", "bonjour-service", "reflect-metadata"],
    ],
    node: "all",
    instead: ADAPTER,
  },
  worker: {
    imports: ["base", "protocol", "trust"],
    packages: ["bonjour-service", "ws"],
    node: "all",
    instead: "a worker runs on other machines: put what both sides share into protocol/",
  },
  sdk: {
    imports: ["base", "protocol", "workflow", "client", "worker"],
    types: ["core", "engine"],
    node: "all",
    instead: "programs use the engine by its API or the client: node.ts puts parts together",
  },
  config: { imports: ["base"], packages: ["yaml", "zod"], node: "all", instead: "config knows nothing of the rest" },
  tui: { imports: ["base", "protocol", "client", "view"], node: "all", instead: "ask the server through client/" },
  cli: {
    imports: [
      "base",
      "protocol",
      "config",
      "client",
      "trust",
      "view",
      "tui",
      "worker",
      "workflow",
      "convert",
      "schedule",
      "root",
    ],
    packages: ["commander"],
    node: "all",
    instead: "ask the server through client/, or let node.ts start what you need",
  },
  // The files directly in src/: node.ts puts the parts together, octopus.ts and mod.ts offer them to other programs.
  root: {
    imports: [
      ...["base", "core", "protocol", "engine", "store", "cluster", "server"],
      ...["worker", "workflow", "schedule", "sdk", "config", "client"],
    ],
    packages: ["pino"],
    node: "all",
    instead: "the root puts parts together and decides nothing: move the rest into a layer",
  },
};

/** The layers that are there as a Mermaid graph: an arrow reads "imports". Arrows that follow from others are left out. */
export function layersPicture(): string {
  const isThere = (layer: string): boolean => layer === "root" || existsSync(join(root, "src", layer));
  const lines = Object.entries(LAYERS).flatMap(([name, layer]) => {
    const imports = isThere(name) ? layer.imports.filter(isThere) : [];
    return imports
      .filter((target) => !imports.some((other) => other !== target && reaches(other, target)))
      .map((target) => `  ${name} --> ${target}`);
  });
  return ["```mermaid", "graph TD", ...lines, "```"].join("\n");
}

function reaches(from: string, to: string): boolean {
  return LAYERS[from]!.imports.some((next) => next === to || reaches(next, to));
}
