/**
 * Bundles Ink and React for the terminal dashboard: one file in place of `ink.js`, and beside it the licences of what is
 * in it. `node scripts/bundle-ink.ts FILE`; the build for the package calls `bundleInk`.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Plugin, rolldown } from "rolldown";
import { root } from "./tool.ts";

const YOGA_LOADER = "yoga-layout/dist/src/index.js";
const YOGA_PROGRAM = "yoga-layout/dist/binaries/yoga-wasm-base64-esm.js";
const WASM = /data:application\/octet-stream;base64,([A-Za-z0-9+/=]+)/;

/** Tools for those who debug React, which Ink loads on demand, are left out. */
const withoutDevtools: Plugin = {
  name: "without-devtools",
  resolveId: (id) => (/(^|\/)devtools\.js$/.test(id) ? "\0devtools" : null),
  load: (id) => (id === "\0devtools" ? "export {};" : null),
};

/** Yoga reads its WebAssembly by `fetch` of a data URL, for which Node loads all of its HTTP client: 30 ms at each start. */
const yogaAtOnce: Plugin = {
  name: "yoga-at-once",
  transform(code, id) {
    if (id.endsWith(YOGA_PROGRAM)) return code.replace(WASM, "data:application/octet-stream;base64,");
    if (!id.endsWith(YOGA_LOADER)) return null;
    const program = WASM.exec(readFileSync(join(root, "node_modules", YOGA_PROGRAM), "utf8"))?.[1];
    if (program === undefined || !code.includes("loadYoga()")) throw new Error("yoga-layout is not as it was");
    const start = `loadYoga({ instantiateWasm(imports, receive) {
      const instance = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from("${program}", "base64")), imports);
      receive(instance);
      return instance.exports;
    } })`;
    return code.replace("loadYoga()", start);
  },
};

/**
 * What Ink asks for widths takes 70 ms to compile its pattern of all emoji. Ours is quick, and then screens and Ink agree
 * on how wide a text is.
 */
const ownWidths: Plugin = {
  name: "own-widths",
  resolveId: (id) => (id === "string-width" ? "\0string-width" : null),
  load: (id) =>
    id === "\0string-width"
      ? `import { stripVTControlCharacters } from "node:util";
         import { width } from ${JSON.stringify(join(root, "src", "view", "text.ts"))};
         export default (text, { countAnsiEscapeCodes = false } = {}) =>
           width(countAnsiEscapeCodes ? text : stripVTControlCharacters(text));`
      : null,
};

export async function bundleInk(file: string): Promise<void> {
  const bundle = await rolldown({
    input: join(root, "src", "tui", "ink.ts"),
    platform: "node",
    plugins: [withoutDevtools, yogaAtOnce, ownWidths],
    transform: { define: { "process.env.NODE_ENV": '"production"' } },
  });
  const { output } = await bundle.generate({ format: "esm", minify: true, codeSplitting: false });
  const [chunk] = output;
  mkdirSync(dirname(file), { recursive: true });
  // Whoever starts meanwhile finds all of it or nothing.
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, chunk.code);
  writeFileSync(
    file.replace(/\.js$/, ".licences.txt"),
    licencesOf("The terminal dashboard", Object.keys(chunk.modules)),
  );
  renameSync(draft, file);
}

/** Name, version and licence text of each package whose code is in the bundle. */
export function licencesOf(what: string, modules: readonly string[]): string {
  const folders = new Set(modules.flatMap((id) => /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1] ?? []));
  const parts = [...folders].toSorted().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<
      string,
      string
    >;
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file === undefined ? `Licence: ${license}` : readFileSync(join(folder, file), "utf8").trim();
    return `${name} ${version}\n\n${text}\n`;
  });
  return `${what} holds code of these packages.\n\n${parts.join(`\n${"-".repeat(80)}\n\n`)}`;
}

if (import.meta.main) {
  const [file] = process.argv.slice(2);
  if (file === undefined) throw new Error("Which file? node scripts/bundle-ink.ts FILE");
  // Bundles of other versions are of no use any more.
  mkdirSync(dirname(file), { recursive: true });
  for (const entry of readdirSync(dirname(file), { withFileTypes: true }).filter((one) => one.isFile()))
    if (/^ink-\d.*\.(js|txt)$/.test(entry.name) && !file.endsWith(entry.name)) rmSync(join(dirname(file), entry.name));
  await bundleInk(file);
}
