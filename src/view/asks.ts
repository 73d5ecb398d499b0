/** What a task asks for beyond its arm, in words. */
import { formatSize } from "../base/duration.ts";
import type { Json } from "../base/words.ts";
import type { TaskDetail, TaskView } from "../protocol/views.ts";
import { rateText, spanText } from "./limits.ts";
import { amountText } from "./workers.ts";
import { clean } from "./text.ts";

type Fact = readonly [string, string | undefined];

export function asksFacts(task: TaskDetail): Fact[] {
  const { concurrencyKey, rate, resources } = task;
  return [
    ["where", targetText(task.target)],
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
            .map(([name, amount]) => `${name} ${amountText(name, amount)}${unitsText(task.units?.[name])}`)
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

function unitsText(units: readonly number[] | undefined): string {
  return units === undefined ? "" : ` (units ${units.join(", ")})`;
}

/** As `TaskView.target` has it: selectors are text there. */
interface Target {
  labels?: string;
  prefer?: { labels: string; weight: number }[];
  apart?: string;
  spread?: string;
  policy?: string;
  near?: boolean;
}

/** Where it may run, and where it would rather run. */
function targetText(target: Json | undefined): string | undefined {
  if (target === undefined) return undefined;
  const { labels, prefer = [], apart, spread, policy, near } = target as Target;
  const parts = [
    labels,
    ...prefer.map((one) => `rather ${one.labels}${one.weight === 1 ? "" : ` (weight ${one.weight})`}`),
    apart && `apart by ${apart}`,
    spread && `spread over ${spread}`,
    policy && `policy ${policy}`,
    near === true ? "near what it needs" : undefined,
  ];
  return clean(parts.filter((part) => part !== undefined).join("; "));
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
