/** What can have happened to the catalogue of plugins: code that the server distributes to its workers. */
import type { PluginLanguage } from "../../base/words.ts";

/** One version of a plugin. The contents of its files are kept beside the journal, by their hashes. */
export interface PluginRelease {
  version: number;
  /** SHA-256 in hex over its language, its settings and its files. */
  hash: string;
  language: PluginLanguage;
  /** The entry is the first. */
  files: readonly { path: string; sha256: string; bytes: number }[];
  /** JSON text of what it says of itself. */
  manifest?: string | undefined;
  /** Names of its actions, as far as its code or its manifest tells without being run. */
  actions: readonly string[];
  source: "folder" | "upload";
  /** Who published it: a token, or nobody for what lay in the folder. */
  by?: string | undefined;
}

/** A plugin has a new version, or is there again as it was. */
export interface PluginPublished extends PluginRelease {
  type: "PluginPublished";
  plugin: string;
  /** Older versions that are let go. */
  dropped?: readonly number[] | undefined;
}

/** It is no longer distributed. Its versions stay, for those who ask for one of them by its number. */
export interface PluginRemoved {
  type: "PluginRemoved";
  plugin: string;
  by?: string | undefined;
}
