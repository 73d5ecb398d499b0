/** Which version each attempt of a task ran: the one that it names, or the newest of the time when the attempt started. */
import type { Plugin, Plugins } from "../../core/plugins/plugins.ts";
import type { TaskDetail } from "../../protocol/views.ts";
import { parsePluginRef } from "../../protocol/work/plugin.ts";
import type { Work } from "../../protocol/task.ts";
import { pluginRefOf } from "./lookup.ts";

/** Says it beside each attempt, as far as that is still known. */
export function showVersions(task: TaskDetail, plugins: Plugins): void {
  if (task.kind !== "plugin" && task.kind !== "wasm") return;
  const ref = pluginRefOf(task.work as unknown as Work);
  if (ref === undefined) return;
  const { name, version } = parsePluginRef(ref);
  const plugin = plugins.get(name);
  for (const attempt of task.attempts) {
    // It never came to a worker.
    if (attempt.error?.kind === "unknown_plugin") continue;
    const ran = version ?? (plugin && newestAt(plugin, Date.parse(attempt.startedAt)));
    if (ran !== undefined) attempt.plugin = `${name}@${ran}`;
  }
}

/** The newest version of that time; undefined where versions of about then are not kept any more. */
function newestAt({ versions, newest }: Plugin, at: number): number | undefined {
  const then = [...versions.values()].filter(({ publishedAt }) => publishedAt <= at);
  const found = then.reduce((highest, { version }) => Math.max(highest, version), 0);
  if (found === newest.version) return found;
  return versions.has(found) && versions.has(found + 1) ? found : undefined;
}
