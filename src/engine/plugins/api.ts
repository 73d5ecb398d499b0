/** What the engine offers of the catalogue of plugins. */
import type { PluginLanguage } from "../../base/words.ts";
import type { PluginCopy, PluginDetail, PluginManifest, PluginView } from "../../protocol/plugin.ts";

/** A plugin as it was read, ready to be published. */
export interface NewPlugin {
  name: string;
  language: PluginLanguage;
  /** The entry is the first. Paths are relative, with `/` between their parts. */
  files: readonly { path: string; content: Uint8Array }[];
  manifest?: PluginManifest | undefined;
  /** Names of its actions, as far as they can be seen. */
  actions: readonly string[];
  source: "folder" | "upload";
  by?: string | undefined;
}

/** What cannot be published as it is: a file of the folder, and why. */
export interface PluginProblem {
  /** The plugin that it would be, where its name says so much. */
  plugin?: string | undefined;
  file: string;
  problem: string;
}

export interface PluginsApi {
  /** Keeps its files and distributes it; what is there already changes nothing. Resolves when it is durable. */
  publish(plugin: NewPlugin): Promise<PluginDetail>;
  /** It is not distributed any more; its versions stay. */
  remove(name: string, by?: string): Promise<void>;
  list(): PluginView[];
  show(name: string): PluginDetail | undefined;
  /** A file of a version, by its path. */
  file(name: string, version: number, path: string): { bytes: number; chunks: AsyncIterable<Uint8Array> } | undefined;
  /** All that there are, in their newest versions, as workers get them. */
  copies(): PluginCopy[];
  /** Says what cannot be published, in place of what was said before. */
  tell(problems: readonly PluginProblem[]): void;
  problems(): readonly PluginProblem[];
}
