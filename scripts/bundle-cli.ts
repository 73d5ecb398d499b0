/**
 * Joins the modules that every command loads, in dist/: a few files in place of a hundred, since Node spends most of a short
 * command on finding and reading modules. Each module keeps its file, which then only passes on what the joined one holds: a
 * class is the same class by whatever way it is reached.
 *
 * BC1  What the client for browsers is made of is joined apart, and nothing of Node gets into it.
 * BC2  What is not joined and is imported by what is leads never back to it: the one would begin before the other has ended.
 * BC3  No package but the parser of words is loaded by what is joined.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { type Plugin, rolldown } from "rolldown";
import { licencesOf } from "./bundle-ink.ts";

/** What everything is made of, the worker and the server, too. */
const BASE = "base/joined";
/** The joined files, and the modules that each begins with; what several need is in the first of them. */
const PARTS: readonly { file: string; from: readonly string[] }[] = [
  { file: BASE, from: [] },
  { file: "client/joined", from: ["client/mod.js"] },
  { file: "config/joined", from: ["config/load.js", "config/server-file.js"] },
  { file: "cli/joined", from: ["program", "exit-codes", "output", "context"].map((name) => `cli/${name}.js`) },
  {
    file: "cli/joined-look",
    from: ["ls", "show", "status", "wait", "events"].map((name) => `cli/commands/${name}.js`),
  },
  { file: "tui/joined", from: ["cli/commands/top.js", "tui/app.js", "tui/terminal.js", "tui/plain.js"] },
];
const FOR_BROWSERS = [BASE, "client/joined"].map((file) => `${file}.js`);
/** It runs before the cache of compiled code is there, and holds as little as can be. */
const MAIN = "cli/main.js";
/** They have to lie where they lie, too. */
const IN_PLACE = ["root/version.js", "tui/ink-door.js"];
const OF_MAIN = ["worker/compile-cache.js"];
/** Such a module has to lie where it lies. */
const ASKS_WHERE = /new URL\([^)]*import\.meta|import\.meta\.(?:dirname|filename)/;
const STATIC_IMPORT = /^(?:import|export)\b[^"'`;]*?["'](\.{1,2}\/[^"']+)["']/gm;

/** What the bundler puts beside what it joins: nothing, as long as it does without helpers. */
const RUNTIME = "rolldown-runtime.js";
const NOTHING = /^(?:\/\/.*\n|import (?:.* from )?"node:module";|\s)*export \{\s*\};?\s*$/;
const OF_RUNTIME = /^import "[./]+rolldown-runtime\.js";\n/m;

export async function bundleCli(dist: string): Promise<void> {
  const parts = partsOf(dist);
  for (const file of parts.keys()) checkWays(dist, parts, file);
  const files = [MAIN, ...IN_PLACE, ...parts.keys()];
  const bundle = await rolldown({
    input: Object.fromEntries(files.map((file) => [file.replace(/\.js$/, ""), join(dist, file)])),
    platform: "node",
    preserveEntrySignatures: "allow-extension",
    plugins: [ownWay(dist, parts), nodeAtOnce(dist)],
  });
  const { output } = await bundle.generate({
    format: "esm",
    comments: false,
    polyfillRequire: false,
    chunkFileNames: "[name].js",
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: PARTS.map(({ file }) => ({ name: file, test: (id) => partOf(dist, parts, id) === file })),
    },
  });
  const packages: string[] = [];
  for (const chunk of output) {
    if (chunk.type !== "chunk") throw new Error(`${chunk.fileName} is no module`);
    if (chunk.fileName === RUNTIME) {
      if (!NOTHING.test(chunk.code)) throw new Error("the bundler adds code of its own, which was not needed before");
      continue;
    }
    const imports = chunk.imports.filter((name) => name !== RUNTIME);
    if (FOR_BROWSERS.includes(chunk.fileName) && imports.some((name) => !FOR_BROWSERS.includes(name)))
      throw new Error(`${chunk.fileName} is for browsers, too, and imports ${imports.join(", ")}`);
    writeFileSync(join(dist, chunk.fileName), chunk.code.replace(OF_RUNTIME, ""));
    packages.push(...Object.keys(chunk.modules).filter((id) => id.includes("node_modules")));
  }
  writeFileSync(join(dist, "cli", "joined.licences.txt"), licencesOf("The command line", packages));
}

/** Each module that is joined, by its path in dist, with the file that it goes into. */
function partsOf(dist: string): Map<string, string> {
  const parts = new Map<string, string>();
  for (const { file, from } of PARTS) {
    const open = [...from];
    for (let module = open.pop(); module !== undefined; module = open.pop()) {
      if (parts.has(module) || ASKS_WHERE.test(codeOf(dist, module))) continue;
      parts.set(module, module.startsWith("base/") ? BASE : file);
      open.push(...importsOf(dist, module));
    }
  }
  return parts;
}

/** Throws where a module that stays apart is loaded by a joined one, and loads a joined one itself. */
function checkWays(dist: string, parts: ReadonlyMap<string, string>, from: string): void {
  const seen = new Set<string>();
  const open = importsOf(dist, from).filter((module) => !parts.has(module));
  for (let module = open.pop(); module !== undefined; module = open.pop()) {
    if (parts.has(module))
      throw new Error(`dist/${from} is joined, and imports by way of ${[...seen].join(", ")} ${module}`);
    if (seen.has(module)) continue;
    seen.add(module);
    open.push(...importsOf(dist, module));
  }
}

function importsOf(dist: string, module: string): string[] {
  const imports = [...codeOf(dist, module).matchAll(STATIC_IMPORT)].map(([, to]) => to!);
  return imports.map((to) => nameOf(dist, join(dist, dirname(module), to)));
}

function codeOf(dist: string, module: string): string {
  const path = join(dist, module);
  if (!existsSync(path)) throw new Error(`dist/${module} is not there: scripts/bundle-cli.ts names it`);
  return readFileSync(path, "utf8");
}

/** How a file of dist is named here. */
function nameOf(dist: string, path: string): string {
  return relative(dist, path).split(sep).join("/");
}

function partOf(dist: string, parts: ReadonlyMap<string, string>, id: string): string | undefined {
  if (id.includes(`node_modules${sep}commander`)) return "cli/joined";
  return parts.get(nameOf(dist, id));
}

/** What is not joined stays where it is; of packages only the parser of words is joined. */
function ownWay(dist: string, parts: ReadonlyMap<string, string>): Plugin {
  return {
    name: "own-way",
    resolveId(id, importer, { kind }) {
      if (importer === undefined) return null;
      if (id.startsWith(".") && !importer.includes("node_modules")) {
        const path = join(dirname(importer), id);
        const name = nameOf(dist, path);
        const isIn = parts.has(name) || (nameOf(dist, importer) === MAIN && OF_MAIN.includes(name));
        return isIn ? path : { id: path, external: true };
      }
      if (id.startsWith(".") || id === "commander") return null;
      // Commands that are programs of their own, which ours are not.
      if (id === "node:child_process" && importer.includes("node_modules")) return "\0no-programs";
      if (!id.startsWith("node:") && kind === "import-statement")
        throw new Error(`${importer} is joined, and imports ${id}`);
      return { id, external: true };
    },
    load: (id) => (id === "\0no-programs" ? "export default {};" : null),
  };
}

const NODE_IMPORT = /^import\s+(\w+|\{[^}]*\}|\*\s+as\s+\w+)\s+from\s+["'](node:[\w/]+)["'];?/gm;

/** To import a module of Node makes all that it could offer: 12 ms for the six that every command needs. To ask for it does not. */
function nodeAtOnce(dist: string): Plugin {
  const browsers = ["base", "client", "trust"].map((layer) => join(dist, layer));
  return {
    name: "node-at-once",
    transform(code, id) {
      if (id.startsWith("\0") || browsers.some((layer) => id.startsWith(layer))) return null;
      return code.replace(NODE_IMPORT, (found, names: string, from: string) => {
        if (from === "node:child_process" && id.includes("node_modules")) return found;
        const taken = names.replace(/^\*\s+as\s+/, "").replaceAll(/\s+as\s+/g, ": ");
        return `const ${taken} = globalThis.process.getBuiltinModule("${from}");`;
      });
    },
  };
}
