/** What a task asked for, as the API shows it; and who is told of what becomes of it. */
import type { CallbackOn, TaskState } from "../base/words.ts";
import type { Asks } from "../core/asks.ts";
import type { CallbackSpec } from "../protocol/callbacks.ts";
import { targetText } from "../protocol/target.ts";
import type { TaskDetail, TaskView } from "../protocol/views.ts";
import { stateOfCode } from "./codes.ts";
import { asksOf, type TaskRow } from "./rows.ts";

/** Fields of a view that only tasks with wishes have. */
export function asksView(row: TaskRow, idOf: (seq: number) => string): Partial<TaskView> | undefined {
  const asks = asksOf(row);
  if (asks === undefined) return undefined;
  const { owner, concurrency, unique, mutex, rate, resources, units, target } = asks;
  return {
    ...(owner !== undefined && { owner }),
    ...(concurrency !== undefined && { concurrencyKey: { ...concurrency } }),
    ...(unique !== undefined && { uniqueKey: { ...unique } }),
    ...(mutex !== undefined && { mutex: [...mutex] }),
    ...(rate !== undefined && { rate: { ...rate } }),
    ...(resources !== undefined && {
      resources: Object.fromEntries(Object.entries(resources).map(([name, milli]) => [name, milli / 1000])),
    }),
    ...(units !== undefined && {
      units: Object.fromEntries(Object.entries(units).map(([name, of]) => [name, [...of]])),
    }),
    ...(target !== undefined && { target: targetText(target) }),
    ...(row.cached_from !== null && { cached: true, cachedFrom: idOf(row.cached_from) }),
    ...originView(asks, idOf),
  };
}

function originView({ origin }: Asks, idOf: (seq: number) => string): Partial<TaskView> {
  if (origin === undefined) return {};
  if (origin.type === "schedule") return { schedule: origin.schedule, tick: new Date(origin.tick).toISOString() };
  return { callbackOf: idOf(origin.task), callbackOn: origin.on };
}

/** Where each callback goes, without what may hold secrets: credentials and queries of URLs. */
export function callbacksView(callbacks: string | null): TaskDetail["callbacks"] {
  if (callbacks === null) return [];
  return (JSON.parse(callbacks) as CallbackSpec[]).map(({ on, task }) => {
    const { work } = task.work.kind === "each" ? task.work.each.task : task;
    if (work.kind === "call") return { on, type: "call", to: work.call };
    if (work.kind === "shell") return { on, type: "shell", to: work.shell.command };
    // Work of the engine itself is never bound to what becomes of a task.
    if (work.kind === "plugin") return { on, type: "plugin", to: `${work.plugin.name} ${work.plugin.action}` };
    if (work.kind === "docker") return { on, type: "docker", to: work.docker.image };
    if (work.kind === "wasm") return { on, type: "wasm", to: work.wasm.module };
    if (work.kind === "custom") return { on, type: "custom", to: work.custom.uses };
    if (work.kind !== "http") return { on, type: work.kind, to: "" };
    const { origin, pathname } = new URL(work.http.url);
    return { on, type: task.type === "webhook" ? "webhook" : "http", to: `${origin}${pathname}` };
  });
}

export interface DeliveryRow {
  seq: number;
  key: string | null;
  state: number;
  running: number | null;
  moment: string;
}

export function deliveryView(row: DeliveryRow): TaskDetail["deliveries"][number] {
  const state: TaskState = row.running === null ? stateOfCode(row.state) : "running";
  return { id: row.key ?? `t${row.seq}`, on: row.moment as CallbackOn, state };
}
