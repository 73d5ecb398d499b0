/** What the names of files say: which are plugins, of which language, and which are nobody's business. */
import type { PluginLanguage } from "../base/words.ts";
import { PLUGIN_NAME } from "../protocol/work/plugin.ts";

const LANGUAGES: Readonly<Record<string, PluginLanguage>> = {
  ".py": "python",
  ".ts": "typescript",
  ".mts": "typescript",
  ".js": "javascript",
  ".mjs": "javascript",
  ".cjs": "javascript",
  ".wasm": "wasm",
};

export const EXTENSIONS: readonly string[] = Object.keys(LANGUAGES);

/** Where a folder begins, in this order, when it does not say. */
export const ENTRIES: readonly string[] = ["__init__.py", ...EXTENSIONS.map((extension) => `main${extension}`)].sort(
  (a, b) => Number(b.startsWith("main")) - Number(a.startsWith("main")),
);

export const MANIFEST_FILE = "plugin.yaml";

/** The language of a file by its extension. */
export function languageOf(path: string): PluginLanguage | undefined {
  const dot = path.lastIndexOf(".");
  return dot < 0 || path.endsWith(".d.ts") ? undefined : LANGUAGES[path.slice(dot)];
}

/** The name of the plugin that this one file is. */
export function pluginNameOf(file: string): string {
  return languageOf(file) === undefined ? file : file.slice(0, file.lastIndexOf("."));
}

export function isPluginName(name: string): boolean {
  return PLUGIN_NAME.test(name);
}

/** What editors, interpreters and version control leave: it is passed over without a word. */
export function isLeftOver(name: string): boolean {
  return (
    name.startsWith(".") ||
    name === "__pycache__" ||
    name === "node_modules" ||
    /(~|\.(pyc|pyo|swp|swo|tmp|bak|orig|rej|part))$/.test(name) ||
    /^#.*#$/.test(name) ||
    // Vim tries with a file of this name whether it may write.
    /^\d+$/.test(name)
  );
}
