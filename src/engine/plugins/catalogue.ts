/**
 * The catalogue as people see it, and how a plugin gets into it.
 *
 * CT1  A file is kept before the event that names it, and from removal until that is durable.
 */
import { OctopusError } from "../../base/errors.ts";
import { canonicalJson } from "../../base/json.ts";
import type { Command } from "../../core/command.ts";
import type { Plugin, PluginVersion } from "../../core/plugins/plugins.ts";
import type { PluginCopy, PluginDetail, PluginFile, PluginView } from "../../protocol/plugin.ts";
import type { Artifacts, Outside } from "../ports.ts";
import { rejected } from "../refusals.ts";
import type { Results } from "../results.ts";
import type { Sessions } from "../sessions.ts";
import type { Turns } from "../turns.ts";
import type { NewPlugin, PluginProblem, PluginsApi } from "./api.ts";
import { copiesOf, manifestOf } from "./lookup.ts";

export interface CatalogueOptions {
  artifacts: Artifacts;
  results: Results;
  outside: Pick<Outside, "digest">;
  /** Versions of each plugin that are kept. */
  pluginsKept?: number | undefined;
}

const VERSIONS_KEPT = 20;

export class Catalogue implements PluginsApi {
  readonly #options: CatalogueOptions;
  readonly #turns: Turns;
  readonly #sessions: Sessions;
  #problems: readonly PluginProblem[] = [];

  constructor(options: CatalogueOptions, turns: Turns, sessions: Sessions) {
    this.#options = options;
    this.#turns = turns;
    this.#sessions = sessions;
  }

  async publish({ name, language, files, manifest, actions, source, by }: NewPlugin): Promise<PluginDetail> {
    const { results, outside, pluginsKept: keep = VERSIONS_KEPT } = this.#options;
    const kept: PluginFile[] = [];
    try {
      for (const { path, content } of files) kept.push({ path, ...this.#keep(content) });
      const { venv, sandbox } = manifest ?? {};
      const names = kept.map(({ path, sha256 }) => [path, sha256]);
      const hash = outside.digest(canonicalJson({ language, venv, sandbox, files: names }));
      await this.#ask({
        ...{ type: "PublishPlugin", plugin: name, keep, hash, language, files: kept, actions, source, by },
        manifest: manifest && JSON.stringify(manifest),
      });
    } finally {
      for (const { sha256 } of kept) results.settle(sha256);
    }
    const published = this.show(name);
    if (published === undefined) throw new OctopusError("conflict", `the plugin ${name} was removed again at once`);
    return published;
  }

  #keep(content: Uint8Array): { sha256: string; bytes: number } {
    const sink = this.#options.results.sink();
    try {
      sink.write(content);
      return sink.commit();
    } catch (error) {
      sink.abort();
      throw error;
    }
  }

  remove(name: string, by?: string): Promise<void> {
    return this.#ask({ type: "RemovePlugin", plugin: name, by });
  }

  list(): PluginView[] {
    const there = [...this.#turns.state.plugins.values()].filter(({ removedAt }) => removedAt === 0);
    return there.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((plugin) => this.#view(plugin));
  }

  show(name: string): PluginDetail | undefined {
    const plugin = this.#turns.state.plugins.get(name);
    if (plugin === undefined || plugin.removedAt !== 0) return undefined;
    const versions = [...plugin.versions.values()].toSorted((a, b) => b.version - a.version);
    return {
      ...this.#view(plugin),
      ...(plugin.newest.manifest !== undefined && { manifest: manifestOf(plugin.newest) }),
      versions: versions.map(versionView),
    };
  }

  file(name: string, version: number, path: string) {
    const files = this.#turns.state.plugins.get(name)?.versions.get(version)?.files ?? [];
    const found = files.find((file) => file.path === path);
    return found && this.#options.artifacts.open(found.sha256);
  }

  copies(): PluginCopy[] {
    return copiesOf(this.#turns.state.plugins);
  }

  tell(problems: readonly PluginProblem[]): void {
    this.#problems = problems;
  }

  problems(): readonly PluginProblem[] {
    return this.#problems;
  }

  #view({ name, newest }: Plugin): PluginView {
    const { language, version, hash, files, actions, publishedAt, by, source } = newest;
    const { description } = manifestOf(newest);
    const problem = this.#problems.find(({ plugin }) => plugin === name)?.problem;
    return {
      ...{ name, language, version, hash, source, actions: [...actions], workers: this.#workersWith(name, hash) },
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      publishedAt: new Date(publishedAt).toISOString(),
      ...(description !== undefined && { description }),
      ...(by !== undefined && { publishedBy: by }),
      ...(problem !== undefined && { problem }),
    };
  }

  #workersWith(plugin: string, hash: string): PluginView["workers"] {
    const workers: PluginView["workers"] = { ready: [], failed: {}, coming: [], older: {} };
    for (const { name, plugins } of this.#sessions) {
      if (name === undefined || plugins === undefined) continue;
      // A program with functions is told of plugins like all, and gets none: nobody waits for it.
      if (this.#turns.state.workers.get(name)?.kinds.has("plugin") !== true) continue;
      if (plugins.ready.has(hash)) {
        workers.ready.push(name);
        continue;
      }
      const older = plugins.had.get(plugin);
      if (older !== undefined) workers.older[name] = older;
      if (Object.hasOwn(plugins.failed, hash)) workers.failed[name] = plugins.failed[hash]!;
      else workers.coming.push(name);
    }
    workers.ready.sort();
    workers.coming.sort();
    return workers;
  }

  async #ask(command: Command): Promise<void> {
    const reply = await this.#turns.ask(() => command);
    if (!reply.ok) throw rejected(reply.rejection);
  }
}

function versionView({ version, hash, language, files, publishedAt, by }: PluginVersion) {
  return {
    ...{ version, hash, language, files: files.map((file) => ({ ...file })) },
    publishedAt: new Date(publishedAt).toISOString(),
    ...(by !== undefined && { publishedBy: by }),
  };
}
