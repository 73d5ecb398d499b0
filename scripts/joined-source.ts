/**
 * The source joined for tests: the modules of src/ and the packages that they import, as one file for each folder. Node
 * spends half a second of processor time on finding and reading the seven hundred modules of a server, and tests start
 * hundreds of them. `joined-hook.mjs` leads every process that tests start from a module to where it stands joined.
 *
 * JS1  It is the same source: types are stripped by Node, line by line as it does when it runs the source itself; each
 *      module begins when it would begin alone, and a module is there once, by whatever way it is reached.
 * JS2  What a module says of its own place is true of the source: programs and files beside it are found there.
 * JS3  Its name is made of all that went into it, so that what lies there already is right; it is put there in one step.
 * JS4  Tests are no part of it, nor what they share in test/: they run as they are.
 */
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { utimesSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { type OutputChunk, type Plugin, rolldown } from "rolldown";
import { root } from "./tool.ts";

const PLACE = join(root, "node_modules/.cache/octopus-joined");
const HOOK = "joined-hook.mjs";
/** What another run may still use is younger. */
const KEPT_MS = 24 * 3_600_000;
/** Makes it unless it is there; answers what NODE_OPTIONS has to say for processes to use it. */
export async function joinSource(): Promise<string> {
  const files = globSync("src/**/*.ts", { cwd: root }).filter((file) => !/\.(test|d)\.ts$/.test(file));
  const folder = join(PLACE, stampOf([...files, "package-lock.json", "scripts/joined-source.ts", `scripts/${HOOK}`]));
  if (existsSync(folder)) utimesSync(folder, new Date(), new Date());
  else await make(folder, files);
  removeOld(folder);
  return `--import=${pathToFileURL(join(folder, HOOK)).href}`;
}

function stampOf(files: readonly string[]): string {
  const hash = createHash("sha256").update(root).update(process.version);
  for (const file of files.toSorted()) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest("hex").slice(0, 16);
}

function removeOld(current: string): void {
  for (const name of readdirSync(PLACE)) {
    const folder = join(PLACE, name);
    if (folder === current || Date.now() - statSync(folder).mtimeMs < KEPT_MS) continue;
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Node says once that this function may still change; it strips the source all the same, in every process. */
function withoutWarning(): void {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    stripTypeScriptTypes("");
  } finally {
    process.emitWarning = emitWarning;
  }
}

async function make(folder: string, files: readonly string[]): Promise<void> {
  withoutWarning();
  const draft = `${folder}.${process.pid}`;
  mkdirSync(draft, { recursive: true });
  const { plugin, nameOf: nameOfGroup } = groups();
  const bundle = await rolldown({
    input: Object.fromEntries(files.map((file) => [file.replace(/\.ts$/, ""), join(root, file)])),
    cwd: root,
    platform: "node",
    resolve: { conditionNames: ["octopus:source", "node", "import"] },
    preserveEntrySignatures: "allow-extension",
    treeshake: false,
    logLevel: "silent",
    plugins: [ways(), asNodeRunsIt(), ownPlace(), plugin],
  });
  const { output } = await bundle.write({
    dir: draft,
    format: "esm",
    // Text that a thread is made of says `require`, and means its own.
    polyfillRequire: false,
    sourcemap: "hidden",
    strictExecutionOrder: true,
    entryFileNames: "[name].js",
    chunkFileNames: "[name].js",
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ debugName: "groups", name: nameOfGroup }],
    },
  });
  await bundle.close();
  const doors = output.filter((one): one is OutputChunk => one.type === "chunk" && one.isEntry);
  const places = doors.map(({ facadeModuleId, fileName }) => [nameOf(facadeModuleId!), fileName]);
  writeFileSync(join(draft, "places.json"), JSON.stringify({ root, places: Object.fromEntries(places) }));
  // Without it Node reads each file twice, to find out of which kind it is.
  writeFileSync(join(draft, "package.json"), `{ "type": "module" }\n`);
  cpSync(join(root, "scripts", HOOK), join(draft, HOOK));
  try {
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // Another run was faster.
    if (!existsSync(folder)) throw error;
  }
}

function nameOf(path: string): string {
  return relative(root, path).split(sep).join("/");
}

/** What begins a program or a thread, or is a layer's door; the other roots are what is imported when it is needed. */
const ROOT = /\/(main|mod|[\w-]+-thread)\.ts$/;

/**
 * Modules of a layer that the same roots reach go into one file. So what is loaded together is together, and no module brings
 * along much that it does not import: whatever that file imports is reached by at least the same roots.
 */
function groups(): { plugin: Plugin; nameOf(id: string): string | null } {
  const reachedBy = new Map<string, string[]>();
  const names = new Map<string, string>();
  const plugin: Plugin = {
    name: "groups",
    buildEnd() {
      const ids = [...this.getModuleIds()].filter((id) => nameOf(id).startsWith("src/"));
      const whenNeeded = ids.flatMap((id) => this.getModuleInfo(id)?.dynamicallyImportedIds ?? []);
      for (const root of new Set([...ids.filter((id) => ROOT.test(id)), ...whenNeeded])) {
        const open = [root];
        for (let id = open.pop(); id !== undefined; id = open.pop()) {
          const roots = reachedBy.get(id) ?? [];
          if (roots.at(-1) === root) continue;
          reachedBy.set(id, [...roots, root]);
          open.push(...(this.getModuleInfo(id)?.importedIds ?? []));
        }
      }
    },
  };
  return {
    plugin,
    nameOf(id) {
      const parts = nameOf(id).split("/");
      if (parts[0] === "node_modules") return `joined/${parts.slice(1, parts[1]!.startsWith("@") ? 3 : 2).join("-")}`;
      const roots = reachedBy.get(id);
      if (roots === undefined || parts[0] !== "src") return null;
      const key = [parts[1], ...roots].join();
      if (!names.has(key)) names.set(key, `joined/${parts[1]}-${names.size}`);
      return names.get(key)!;
    },
  };
}

/** Packages of many modules each. All others are few, or of the other kind, for which Node has ways of its own. */
const JOINED = /^(zod|hono|@hono)(\/|$)/;

/** Each of them gets a door, so that tests reach the same one. What is in test/ stays there. */
function ways(): Plugin {
  return {
    name: "ways",
    async resolveId(id, importer, options) {
      if (importer === undefined || !nameOf(importer).startsWith("src/") || id.startsWith("node:")) return null;
      const isPackage = !/^[./\\]|^[A-Za-z]:/.test(id);
      if (isPackage && !JOINED.test(id)) return { id, external: true };
      const found = await this.resolve(id, importer, { ...options, skipSelf: true });
      if (found === null || found.external) return found;
      if (isPackage) this.emitFile({ type: "chunk", id: found.id, name: `packages/${id}` });
      else if (!nameOf(found.id).startsWith("src/")) return { id: pathToFileURL(found.id).href, external: true };
      return found;
    },
  };
}

const NODE_IMPORT = /^import\s+(?:([\w$]+)\s*,?\s*)?(\{[^}]*\}|\*\s+as\s+[\w$]+)?\s*from\s+["'](node:[\w/]+)["'];?/gm;

/** Types stripped by Node itself; its own modules are asked for when the module begins, not when the joined file is read. */
function asNodeRunsIt(): Plugin {
  return {
    name: "as-node-runs-it",
    transform(code, id) {
      if (id.startsWith("\0")) return null;
      const plain = id.endsWith(".ts") ? stripTypeScriptTypes(code) : code;
      const asked = plain.replace(NODE_IMPORT, (found: string, whole?: string, names?: string, from?: string) => {
        const taken = [whole, names?.replace(/^\*\s+as\s+/, "").replaceAll(/\s+as\s+/g, ": ")].filter(Boolean);
        const text = taken.map((one) => `const ${one} = globalThis.process.getBuiltinModule("${from}");`).join(" ");
        return text + "\n".repeat(linesOf(found) - linesOf(text));
      });
      return { code: asked, map: null, moduleType: "js" };
    },
  };
}

function linesOf(text: string): number {
  return text.split("\n").length;
}

/** JS2 */
function ownPlace(): Plugin {
  return {
    name: "own-place",
    transform(code, id) {
      if (id.startsWith("\0") || !code.includes("import.meta")) return null;
      const place = { url: pathToFileURL(id).href, dirname: dirname(id), filename: id };
      const own = code.replaceAll(/\bimport\.meta\.(url|dirname|filename)\b/g, (_, name: keyof typeof place) =>
        JSON.stringify(place[name]),
      );
      return { code: own, map: null };
    },
  };
}
