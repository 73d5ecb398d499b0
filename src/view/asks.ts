/** What a task asks for beyond its arm, in words. */
import { formatSize } from "../base/duration.ts";
import type { TaskDetail, TaskView } from "../protocol/views.ts";
import { rateText, spanText } from "./limits.ts";
import { amountText } from "./tasks.ts";
import { clean } from "./text.ts";

type Fact = readonly [string, string | undefined];

export function asksFacts(task: TaskDetail): Fact[] {
  const { concurrencyKey, rate, resources } = task;
  return [
    ["owner", task.owner],
    ["key", concurrencyKey === undefined ? undefined : `${clean(concurrencyKey.key)}, ${concurrencyKey.limit} at once`],
    ["mutex", task.mutex === undefined ? undefined : clean(task.mutex.join(", "))],
    ["rate", rate === undefined ? undefined : `${clean(rate.key)}, ${rateText(rate)}`],
    ["unique", uniqueText(task)],
    [
      "takes",
      resources === undefined
        ? undefined
        : Object.entries(resources)
            .map(([name, amount]) => `${name} ${amountText(name, amount)}`)
            .join(", "),
    ],
    ["cached", task.cached === true ? `result of ${task.cachedFrom ?? "an earlier task"}` : undefined],
    ["dead letter", task.dead === true ? "no try is left, and nobody has replayed or dismissed it" : undefined],
    ["callback of", task.callbackOf === undefined ? undefined : `${task.callbackOf}, on ${task.callbackOn}`],
    ["made by", task.schedule === undefined ? undefined : `schedule ${task.schedule}, tick ${task.tick}`],
    ["tells", task.callbacks.map(({ on, to }) => `on ${on}: ${clean(to)}`).join("; ")],
    ["told", task.deliveries.map(({ id, on, state }) => `${on}: ${id} ${state}`).join("; ")],
    ["files", filesText(task)],
  ];
}

function uniqueText({ uniqueKey }: TaskView): string | undefined {
  if (uniqueKey === undefined) return undefined;
  const { key, scope, policy, periodMs } = uniqueKey;
  const span = { queued: "until it starts", active: "until it has ended", period: `for ${spanText(periodMs ?? 0)}` };
  return `${clean(key)}, ${span[scope]}, on a second one: ${policy}`;
}

const FILES_SHOWN = 5;

function filesText({ artifacts, id }: TaskDetail): string {
  const shown = artifacts.slice(0, FILES_SHOWN).map(({ path, bytes }) => `${clean(path)} (${formatSize(bytes)})`);
  const rest = artifacts.length - shown.length;
  return [...shown, ...(rest > 0 ? [`and ${rest} more: octopus artifacts ${id}`] : [])].join(", ");
}
