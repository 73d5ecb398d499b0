/**
 * The catalogue of plugins as core knows it: names, versions, hashes. Which version an attempt runs is read here when it
 * starts.
 *
 * PL1  The number of a version is given once: a plugin that was removed and comes back goes on counting.
 * PL2  The newest version is never let go, nor is one that a live task asks for by its number.
 */
import type { State } from "../state.ts";
import type { PluginPublished, PluginRelease, PluginRemoved } from "./events.ts";

export interface PluginVersion extends PluginRelease {
  readonly publishedAt: number;
}

export interface Plugin {
  readonly name: string;
  readonly versions: Map<number, PluginVersion>;
  newest: PluginVersion;
  /** Epoch milliseconds; 0 = it is there. */
  removedAt: number;
  removedBy: string | undefined;
}

/** By name. */
export type Plugins = Map<string, Plugin>;

export type PluginEvent = PluginPublished | PluginRemoved;

export function applyPlugin(plugins: Plugins, event: PluginEvent, at: number): void {
  if (event.type === "PluginPublished") return published(plugins, event, at);
  const plugin = plugins.get(event.plugin);
  if (plugin === undefined) return;
  plugin.removedAt = at;
  plugin.removedBy = event.by;
}

function published(plugins: Plugins, event: PluginPublished, at: number): void {
  const { type: _, plugin: name, dropped = [], ...release } = event;
  const known = plugins.get(name);
  const version = known?.versions.get(release.version) ?? { ...release, publishedAt: at };
  addPluginVersion(plugins, name, version);
  const plugin = plugins.get(name)!;
  plugin.removedAt = 0;
  plugin.removedBy = undefined;
  for (const old of dropped) plugin.versions.delete(old);
}

export function addPluginVersion(plugins: Plugins, name: string, version: PluginVersion): void {
  const plugin = plugins.get(name);
  if (plugin === undefined) {
    const versions = new Map([[version.version, version]]);
    plugins.set(name, { name, versions, newest: version, removedAt: 0, removedBy: undefined });
    return;
  }
  plugin.versions.set(version.version, version);
  if (version.version >= plugin.newest.version) plugin.newest = version;
}

/** The version of this number; without one, the newest, while the plugin is there. */
export function versionOf(plugins: Plugins, name: string, version: number | undefined): PluginVersion | undefined {
  const plugin = plugins.get(name);
  if (version !== undefined) return plugin?.versions.get(version);
  return plugin?.removedAt === 0 ? plugin.newest : undefined;
}

/** Versions beyond the newest `keep` that no live task asks for by their number. */
export function surplusVersions({ plugins, tasks }: Pick<State, "plugins" | "tasks">, name: string, keep: number) {
  const versions = [...(plugins.get(name)?.versions.keys() ?? [])].toSorted((a, b) => b - a).slice(keep);
  if (versions.length === 0) return [];
  const pinned = new Set<string>();
  for (const task of tasks.values()) if (task.asks?.plugin !== undefined) pinned.add(task.asks.plugin);
  return versions.filter((version) => !pinned.has(`${name}@${version}`));
}
