/**
 * What work asks of its worker beyond its kind. Some workers have no Python, and the kernel of some cannot take the network
 * from a process: that a worker can is one of its labels, and a task that needs it asks for that label by itself. So core
 * has no other judge of this, and explains it as any wish for labels.
 */
import type { Asks, LabelTerm } from "../core/asks.ts";
import type { Plugins } from "../core/plugins/plugins.ts";
import type { Work } from "../protocol/task.ts";
import type { PluginWork } from "../protocol/work/plugin.ts";
import { sandboxLabel, sandboxParts, type SandboxWish } from "../protocol/work/sandbox-parts.ts";
import { manifestOf, pluginOf } from "./plugins/lookup.ts";

/** By what workers say that they have an executor of one's own: beside functions, which are named in the same list. */
export function executorHandler(name: string): string {
  return `executor:${name}`;
}

/** What a task asks for, with what its work asks for. */
export function withRequirements(asks: Asks | undefined, work: Work, plugins: () => Plugins): Asks | undefined {
  const terms = termsOf(work, plugins);
  if (terms.length === 0) return asks;
  const { target } = asks ?? {};
  const known = target?.labels ?? [];
  const more = terms.filter((term) => !known.some(({ label, op }) => label === term.label && op === "exists"));
  return { ...asks, target: { ...target, labels: [...known, ...more] } };
}

const NONE: readonly LabelTerm[] = [];

function termsOf(work: Work, plugins: () => Plugins): readonly LabelTerm[] {
  switch (work.kind) {
    case "shell":
      return work.shell.sandbox === undefined ? NONE : sandboxTerms(work.shell.sandbox);
    case "plugin":
      return pluginTerms(work.plugin, plugins());
    default:
      return NONE;
  }
}

function pluginTerms({ name, venv: ownVenv, sandbox: ownSandbox }: PluginWork, plugins: Plugins): LabelTerm[] {
  const release = pluginOf(plugins, name);
  if (release === undefined) return [];
  const manifest = manifestOf(release);
  const venv = ownVenv ?? manifest.venv;
  const terms = sandboxTerms(ownSandbox ?? manifest.sandbox ?? {});
  // A virtual environment brings its own interpreter.
  if (release.language === "python") terms.unshift(exists(venv === undefined ? "python" : `venv.${venv}`));
  return terms;
}

function sandboxTerms(sandbox: SandboxWish): LabelTerm[] {
  return sandboxParts(sandbox).map((part) => exists(sandboxLabel(part)));
}

function exists(label: string): LabelTerm {
  return { label, op: "exists", values: [] };
}
