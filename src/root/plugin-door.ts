/**
 * The folder of plugins of a server, or of a program that embeds one; the plugins that come with Octopus, and the adapters
 * that are made of plugins.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { OctopusError } from "../base/errors.ts";
import type { Config } from "../config/schema.ts";
import type { PluginsApi } from "../engine/plugins/api.ts";
import type { Log } from "../engine/ports.ts";
import { DEFAULT_NAMESPACE } from "../protocol/namespace-name.ts";
import type { AdapterCopy } from "../protocol/plugin.ts";
import { PluginFolder, type PluginFolderOptions } from "../plugins/folder.ts";
import { EXTENSIONS } from "../plugins/names.ts";

/** Where it lies: beside the data, unless the settings name another place. */
export function pluginsDirOf({ plugins, data }: Pick<Config, "plugins" | "data">): string {
  return plugins.dir ?? join(resolve(data.dir), "plugins");
}

/** What a deployment says of one of its adapters: a plugin, by default that of the adapter's name, and settings for it. */
export interface AdapterSettings {
  readonly plugin?: string | null;
  /** What each call finds as `context.config`; `{ env: NAME }` in it is read from the environment of the worker. */
  readonly with?: Readonly<Record<string, unknown>>;
}

/** The adapters as they go to workers. */
export function adapterCopies(
  said: Readonly<Record<string, AdapterSettings>>,
): Record<string, AdapterCopy> | undefined {
  const copies = Object.entries(said).map(
    ([name, { plugin, with: settings }]) => [name, { plugin: plugin ?? name, with: { ...settings } }] as const,
  );
  return copies.length === 0 ? undefined : Object.fromEntries(copies);
}

/** What a namespace has of its folder of plugins. */
export type PluginsOf = Pick<PluginFolder, "put" | "remove" | "close">;

/**
 * That of a namespace. Beside `default`, one that nobody has asked for is not made: it is opened with the first plugin, or when
 * it is there. Watching it takes a file and looks at it every few seconds, and most namespaces have none.
 */
export async function openPluginsOf(
  config: Config,
  namespace: string,
  plugins: PluginsApi,
  log: Log,
): Promise<PluginsOf> {
  const { watch } = config.plugins;
  const dir = pluginsDirOf(config);
  const openNow = (): Promise<PluginFolder> => open({ dir, plugins, log, watch }, config.adapters);
  const isAsked = config.plugins.dir !== null || Object.keys(config.adapters).length > 0 || plugins.list().length > 0;
  if (namespace === DEFAULT_NAMESPACE || isAsked || existsSync(dir)) return openNow();
  return new UnaskedFolder(dir, openNow, log);
}

/** How often is looked whether somebody has made the folder. */
const LOOK_MS = 5000;

class UnaskedFolder implements PluginsOf {
  readonly #open: () => Promise<PluginFolder>;
  readonly #looking: NodeJS.Timeout;
  #folder: Promise<PluginFolder> | undefined;
  #closed = false;

  constructor(dir: string, openNow: () => Promise<PluginFolder>, log: Log) {
    this.#open = openNow;
    const look = (): void => {
      if (!existsSync(dir)) return;
      this.#opened().catch((error: unknown) => log.warn({ err: error, dir }, "the folder of plugins cannot be opened"));
    };
    this.#looking = setInterval(look, LOOK_MS).unref();
  }

  async put(...words: Parameters<PluginFolder["put"]>): ReturnType<PluginFolder["put"]> {
    return (await this.#opened()).put(...words);
  }

  async remove(...words: Parameters<PluginFolder["remove"]>): ReturnType<PluginFolder["remove"]> {
    return (await this.#opened()).remove(...words);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#looking);
    await (await this.#folder?.catch(() => undefined))?.close();
  }

  #opened(): Promise<PluginFolder> {
    if (this.#closed)
      return Promise.reject(new OctopusError("not_ready", "the server is stopping", { retryable: true }));
    this.#folder ??= this.#open().then(
      (folder) => {
        clearInterval(this.#looking);
        return folder;
      },
      (error: unknown) => {
        this.#folder = undefined;
        throw error;
      },
    );
    return this.#folder;
  }
}

/** For a program that embeds Octopus. */
export function openPluginsAt(
  dir: string,
  plugins: PluginsApi,
  log: Log,
  adapters: Readonly<Record<string, AdapterSettings>> = {},
): Promise<PluginFolder> {
  return open({ dir: resolve(dir), plugins, log }, adapters);
}

/** Plugins of adapters that come with Octopus need not be added: they are there as if they lay in the folder. */
async function open(
  options: PluginFolderOptions,
  said: Readonly<Record<string, AdapterSettings>>,
): Promise<PluginFolder> {
  const adapters = Object.entries(adapterCopies(said) ?? {});
  const shipped = adapters.map(([, { plugin }]) => shippedPlugin(plugin)).filter((path) => path !== undefined);
  const folder = await PluginFolder.open({ ...options, also: [...new Set(shipped)] });
  const there = new Set(options.plugins.list().map(({ name }) => name));
  for (const [adapter, { plugin }] of adapters) {
    if (there.has(plugin)) continue;
    options.log.warn({ adapter, plugin }, `the adapter ${adapter} is the plugin ${plugin}, which is not there yet`);
  }
  return folder;
}

/** The file or folder of a plugin that comes with Octopus, by its name. */
export function shippedPlugin(name: string): string | undefined {
  // One folder up both in the source tree and in the published one.
  const folder = fileURLToPath(new URL("../../plugins/", import.meta.url));
  return ["", ...EXTENSIONS].map((extension) => join(folder, name + extension)).find((path) => existsSync(path));
}
