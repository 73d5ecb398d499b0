/**
 * Names of the actions of a plugin, read off its text. It is shown and suggested; what can be called, the runner decides,
 * which knows the code.
 */
import type { PluginLanguage } from "../base/words.ts";

const PYTHON = /^(?:async[ \t]+)?def[ \t]+([A-Za-z][A-Za-z0-9_]*)[ \t]*\(/gm;
const SCRIPT: readonly RegExp[] = [
  /^export[ \t]+(?:async[ \t]+)?function[ \t]*\*?[ \t]*([A-Za-z][A-Za-z0-9_]*)/gm,
  /^export[ \t]+const[ \t]+([A-Za-z][A-Za-z0-9_]*)[^=\n]*=[ \t]*(?:async\b|function\b|\(|[A-Za-z_$][\w$]*[ \t]*=>)/gm,
  /^(?:module\.)?exports\.([A-Za-z][A-Za-z0-9_]*)[ \t]*=/gm,
];
const NAMES_MAX = 200;

/** In the order in which they stand there, `main` first. */
export function actionsOf(language: PluginLanguage, text: string): string[] {
  if (language === "wasm") return [];
  const forms = language === "python" ? [PYTHON] : SCRIPT;
  const found = forms.flatMap((form) =>
    [...text.matchAll(form)].map((match) => ({ at: match.index, name: match[1]! })),
  );
  const names = [...new Set(found.toSorted((a, b) => a.at - b.at).map(({ name }) => name))].slice(0, NAMES_MAX);
  return names.toSorted((a, b) => Number(b === "main") - Number(a === "main"));
}
