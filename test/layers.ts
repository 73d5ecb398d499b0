/**
 * Which layer may import which: the one table. A layer is a folder of src/; the files directly in it belong to root.
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

const ADAPTER = "state what you need as a port in engine/, and let root/ put the parts together";
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
  // Rules on commands: judged by the server when a task is submitted, and by a worker before it starts one.
  policy: { imports: ["base"], packages: ["unbash"], node: "none", instead: PURE },
  engine: { imports: ["base", "core", "protocol", "policy"], node: "none", instead: ADAPTER },
  store: { imports: ["base", "core", "protocol"], types: ["cluster", "engine"], node: "all", instead: ADAPTER },
  // How NATS is reached, and what both ends of a worker's session over it share.
  nats: {
    imports: ["base", "protocol"],
    packages: ["@nats-io/transport-node"],
    node: "all",
    instead: "what is said over NATS by one side alone belongs to that side",
  },
  cluster: {
    imports: ["base", "core", "protocol", "nats"],
    types: ["engine"],
    packages: ["@nats-io/transport-node", "pg"],
    node: "all",
    instead: ADAPTER,
  },
  server: {
    imports: ["base", "protocol", "engine", "trust", "nats"],
    packages: [
      ...["@hono/node-server", "@hono/zod-openapi", "hono", "ws", "zod"],
      ...["@peculiar/x509", "bonjour-service", "reflect-metadata"],
    ],
    node: "all",
    instead: ADAPTER,
  },
  // The folder of plugins: what its files say, and how they get into the catalogue.
  plugins: { imports: ["base", "protocol"], types: ["engine"], packages: ["yaml"], node: "all", instead: ADAPTER },
  // What starts tasks from outside: webhooks, changes of files, lines and messages.
  triggers: {
    imports: ["base", "protocol", "workflow"],
    types: ["engine"],
    packages: ["@nats-io/jetstream", "@nats-io/transport-node", "zod"],
    node: "all",
    instead: ADAPTER,
  },
  worker: {
    imports: ["base", "protocol", "policy", "trust", "nats"],
    packages: ["bonjour-service", "unbash", "ws"],
    node: "all",
    instead: "a worker runs on other machines: put what both sides share into protocol/",
  },
  sdk: {
    imports: ["base", "protocol", "workflow", "client", "worker"],
    types: ["core", "engine"],
    node: "all",
    instead: "programs use the engine by its API or the client: root/ puts parts together",
  },
  // Read by every command before all else: without zod, which costs more than the rest of a short command.
  config: {
    imports: ["base", "policy"],
    packages: ["yaml"],
    node: "all",
    instead: "config knows nothing of the rest",
  },
  tui: {
    imports: ["base", "protocol", "client", "view"],
    // In `ink.ts` alone: the package carries that file as a bundle.
    packages: ["ink", "react"],
    node: "all",
    instead: "ask the server through client/",
  },
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
      "plugins",
      "root",
    ],
    packages: ["commander"],
    node: "all",
    instead: "ask the server through client/, or let root/ start what you need",
  },
  // root/ puts the parts together; octopus.ts and mod.ts directly in src/ offer them to other programs.
  root: {
    imports: [
      ...["base", "core", "protocol", "engine", "store", "cluster", "nats", "server"],
      ...["worker", "workflow", "schedule", "sdk", "config", "client", "plugins", "policy", "triggers"],
    ],
    packages: ["unbash"],
    node: "all",
    instead: "the root puts parts together and decides nothing: move the rest into a layer",
  },
};

/** The dashboard, a workspace beside src/: what it may import by `@octopus/LAYER/`, and of which layers only types. */
export const WEB = { imports: ["base", "client", "view"], types: ["protocol"] } as const;

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
