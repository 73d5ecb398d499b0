/**
 * Modules, compiled once for each version and each bound of memory, and checked for what nobody could run: what they import
 * and export says that before they are started.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { PluginCopy } from "../../protocol/plugin.ts";
import { WASI_CALLS, WASI_MODULE } from "./calls.ts";
import { boundMemory, PAGE_BYTES } from "./binary.ts";
import { engine, type WasmImport, type WasmModule } from "./engine.ts";

/** Where the files of a plugin are on this machine, for as long as they are not released. */
export interface Copies {
  take(copy: PluginCopy, options: { signal: AbortSignal }): Promise<{ folder: string; release(): void }>;
}

export type Compiled =
  | { key: string; module: WasmModule }
  /** It can never be run as it is. */
  | { problem: string };

const MODULES_MAX = 32;
const NAMED_MAX = 5;

export class Modules {
  readonly #copies: Copies;
  /** The one that was used longest ago is first. */
  readonly #compiled = new Map<string, Promise<Compiled>>();

  constructor(copies: Copies) {
    this.#copies = copies;
  }

  /** Rejects when its file cannot be had; then the next attempt tries again. */
  async get(copy: PluginCopy, memory: number, signal: AbortSignal): Promise<Compiled> {
    const pages = Math.floor(memory / PAGE_BYTES);
    const key = `${copy.hash} ${pages}`;
    const others = this.#compiled.get(key);
    const made = others ?? this.#compile(copy, pages, key, signal);
    this.#compiled.delete(key);
    this.#compiled.set(key, made);
    if (this.#compiled.size > MODULES_MAX) this.#compiled.delete(this.#compiled.keys().next().value!);
    try {
      return await made;
    } catch (error) {
      if (this.#compiled.get(key) === made) this.#compiled.delete(key);
      // It may have failed because the attempt that asked for it was stopped.
      if (others !== undefined && !signal.aborted) return this.get(copy, memory, signal);
      throw error;
    }
  }

  async #compile(copy: PluginCopy, pages: number, key: string, signal: AbortSignal): Promise<Compiled> {
    const taken = await this.#copies.take(copy, { signal });
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      bytes = new Uint8Array(await readFile(join(taken.folder, copy.files[0]!.path)));
    } finally {
      taken.release();
    }
    const bounded = boundMemory(bytes, pages);
    if ("problem" in bounded) return bounded;
    try {
      const module = await engine.compile(bounded.bytes);
      const problem = lackOf(module) ?? foreignImports(module);
      return problem === undefined ? { key, module } : { problem };
    } catch (error) {
      if (!(error instanceof engine.CompileError)) throw error;
      return { problem: `it is damaged, or uses what this version of Node.js does not know: ${error.message}` };
    }
  }
}

function lackOf(module: WasmModule): string | undefined {
  const exports = new Map(engine.Module.exports(module).map(({ name, kind }) => [name, kind]));
  if (exports.get("_start") !== "function") {
    const library = exports.has("_initialize") ? "it is a library (a reactor)" : "it has no function _start";
    return `${library}, and a program is needed: build it with a main function, for wasm32-wasip1`;
  }
  return exports.get("memory") === "memory"
    ? undefined
    : "it does not export its memory under that name, which WASI needs";
}

function foreignImports(module: WasmModule): string | undefined {
  const imports = engine.Module.imports(module);
  if (imports.length === 0) return undefined;
  if (imports.some((each) => each.module === "wasi_unstable"))
    return "it was built for the WASI before preview 1 (wasi_unstable); build it for wasm32-wasip1";
  const isKnown = ({ module: from, name, kind }: WasmImport): boolean =>
    from === WASI_MODULE && kind === "function" && WASI_CALLS.has(name);
  const foreign = imports.filter((each) => !isKnown(each)).map((each) => `${each.module}.${each.name}`);
  if (foreign.length === 0) return undefined;
  const more = foreign.length > NAMED_MAX ? ` and ${foreign.length - NAMED_MAX} more` : "";
  const said = `${foreign.slice(0, NAMED_MAX).join(", ")}${more}`;
  return `it asks its surroundings for ${said}, and only WASI preview 1 is there; build it for wasm32-wasip1, without JavaScript glue`;
}
