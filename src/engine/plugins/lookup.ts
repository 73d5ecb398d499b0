/** Looks plugins up by what tasks say of them: `report`, `report@3`. */
import { nearest } from "../../base/nearest.ts";
import { OctopusError } from "../../base/errors.ts";
import type { Asks } from "../../core/asks.ts";
import { type PluginVersion, type Plugins, versionOf } from "../../core/plugins/plugins.ts";
import type { PluginCopy, PluginManifest } from "../../protocol/plugin.ts";
import type { Work } from "../../protocol/task.ts";
import { parsePluginRef } from "../../protocol/work/plugin.ts";

/** The version that an attempt runs which starts now. */
export function pluginOf(plugins: Plugins, ref: string): PluginVersion | undefined {
  const { name, version } = parsePluginRef(ref);
  return versionOf(plugins, name, version);
}

/** What work names of the catalogue, if it does. */
export function pluginRefOf(work: Work): string | undefined {
  if (work.kind === "plugin") return work.plugin.name;
  return work.kind === "wasm" ? work.wasm.module : undefined;
}

/** What a task asks for, with the version that it names for good: that one is kept for it. */
export function withVersion(asks: Asks | undefined, work: Work): Asks | undefined {
  if (work.kind !== "plugin" && work.kind !== "wasm") return asks;
  const ref = pluginRefOf(work)!;
  return ref.includes("@") ? { ...asks, plugin: ref } : asks;
}

const COPIES = new WeakMap<PluginVersion, PluginCopy>();
const MANIFESTS = new WeakMap<PluginVersion, PluginManifest>();

/** The version as it travels to workers. */
export function copyOf(name: string, release: PluginVersion): PluginCopy {
  let copy = COPIES.get(release);
  if (copy === undefined) {
    const { version, hash, language, files } = release;
    const { venv, sandbox } = manifestOf(release);
    copy = {
      ...{ name, version, hash, language, files: files.map((file) => ({ ...file })) },
      ...(venv !== undefined && { venv }),
      ...(sandbox !== undefined && { sandbox }),
    };
    COPIES.set(release, copy);
  }
  return copy;
}

/** All that there are, in their newest versions. */
export function copiesOf(plugins: Plugins): PluginCopy[] {
  const copies: PluginCopy[] = [];
  for (const { name, newest, removedAt } of plugins.values()) if (removedAt === 0) copies.push(copyOf(name, newest));
  return copies;
}

/** What it says of itself. */
export function manifestOf(release: PluginVersion): PluginManifest {
  let manifest = MANIFESTS.get(release);
  if (manifest === undefined) {
    manifest = release.manifest === undefined ? {} : (JSON.parse(release.manifest) as PluginManifest);
    MANIFESTS.set(release, manifest);
  }
  return manifest;
}

/** The words for a plugin that a task asks for in vain. */
export function noPlugin(plugins: Plugins, ref: string): string {
  const { name, version } = parsePluginRef(ref);
  const known = plugins.get(name);
  if (known !== undefined && version !== undefined) {
    const kept = [...known.versions.keys()].toSorted((a, b) => b - a);
    return `names version ${version} of the plugin ${name}, which is not kept: there are ${few(kept)}`;
  }
  if (known !== undefined) return `names the plugin ${name}, which was ${removal(known)}`;
  const names = [...plugins.values()].filter(({ removedAt }) => removedAt === 0).map((plugin) => plugin.name);
  const near = nearest(name, names);
  const hint = near === undefined ? "" : ` (did you mean ${near}?)`;
  const there = names.length === 0 ? "There are none" : `There are ${few(names.toSorted())}`;
  return `names no plugin: ${JSON.stringify(name)}${hint}. ${there}; \`octopus plugins add FILE\` adds one`;
}

/** Who removed it, and when. */
export function removal({ removedAt, removedBy }: { removedAt: number; removedBy: string | undefined }): string {
  const who = removedBy === undefined ? "its file was taken out of the folder of plugins" : `by ${removedBy}`;
  return `removed at ${new Date(removedAt).toISOString()} (${who})`;
}

const FEW = 20;

function few(words: readonly (string | number)[]): string {
  return words.length <= FEW ? words.join(", ") : `${words.slice(0, FEW).join(", ")}, … (${words.length} in all)`;
}

export function unknownPlugin(plugins: Plugins, ref: string, path: string): OctopusError {
  const message = noPlugin(plugins, ref);
  return new OctopusError("invalid", `${path} ${message}`, { issues: [{ path, message }] });
}
