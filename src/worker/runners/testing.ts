/** Plugins for tests: an executor with its worker around it, and versions of plugins that exist in memory until it fetches them. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Attempt, attempt } from "../../../test/conformance/executor.ts";
import type { PluginLanguage } from "../../base/words.ts";
import type { PluginCopy } from "../../protocol/plugin.ts";
import type { PluginWork } from "../../protocol/work/plugin.ts";
import type { AttemptContext, Executor } from "../executor.ts";
import type { ExecutorPlace, PlaceSettings } from "../executors/place.ts";
import { testPlace } from "../executors/testing.ts";
import { makePlugin } from "../executors/plugin.ts";
import type { FetchFile } from "../inputs/fetch-file.ts";

const contents = new Map<string, string>();
let versions = 0;
let tasks = 0;

/** A version of a plugin; the language is told by the name of its first file. */
export function copyOf(files: Record<string, string>, more: Partial<PluginCopy> = {}): PluginCopy {
  const list = Object.entries(files).map(([path, text]) => {
    const sha256 = createHash("sha256").update(text).digest("hex");
    contents.set(sha256, text);
    return { path, sha256, bytes: Buffer.byteLength(text) };
  });
  const first = list[0]!.path;
  const name = first.includes("/") ? "folder" : first.replace(/\.\w+$/, "");
  const version = ++versions;
  const hash = createHash("sha256")
    .update(JSON.stringify([name, version, list]))
    .digest("hex");
  return { name, version, hash, language: languageOf(first), files: list, ...more };
}

function languageOf(path: string): PluginLanguage {
  if (path.endsWith(".py")) return "python";
  return path.endsWith("ts") ? "typescript" : "javascript";
}

/** The server, as far as a cache of plugins sees it. */
export const fetchPlugin: FetchFile = ({ sha256 }, target) => {
  writeFileSync(target, contents.get(sha256)!);
  return Promise.resolve();
};

/** How a test worker differs from others. */
interface TestSettings extends Partial<PlaceSettings> {
  fetch?: FetchFile;
}

export interface TestWorker {
  executor: Executor;
  place: ExecutorPlace;
  dir: string;
  /** Runs an action of a plugin. */
  run(copy: PluginCopy, work?: Partial<PluginWork>, parts?: Partial<AttemptContext>): Attempt;
  close(): Promise<void>;
}

export async function testWorker({ fetch = fetchPlugin, ...settings }: TestSettings = {}): Promise<TestWorker> {
  const dir = mkdtempSync(join(tmpdir(), "octopus-plugin-test-"));
  const place = testPlace({ settings: { name: "w", slots: 8, dir, ...settings }, fetch });
  const executor = await makePlugin(place);
  return {
    executor,
    place,
    dir,
    run(copy, work = {}, parts = {}) {
      const plugin = { name: copy.name, action: "main", ...work };
      const task = ++tasks;
      return attempt(executor, { kind: "plugin", plugin }, { task, id: `t${task}`, plugin: copy }, parts);
    },
    async close() {
      await executor.close?.();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** All that an attempt wrote to a stream. */
export function written({ log }: Attempt, stream = "stdout"): string {
  return log
    .filter((each) => each.stream === stream)
    .map(({ text }) => text)
    .join("");
}
