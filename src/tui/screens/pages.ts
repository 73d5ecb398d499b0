/** The pages of a worker, an arm and a schedule: facts above, below them the tasks that have to do with it. */
import { formatSize } from "../../base/duration.ts";
import type { TickView } from "../../protocol/schedule-views.ts";
import type { ArmDetail, TaskView } from "../../protocol/views.ts";
import type { WorkerDetail } from "../../protocol/worker-views.ts";
import { rulesOf } from "../../view/limits.ts";
import { targetText } from "../../view/schedules.ts";
import { titleOf } from "../../view/tasks.ts";
import { moment, zonedTime } from "../../view/time.ts";
import { labelsText, resourcesText } from "../../view/workers.ts";
import { listScreen } from "../list.ts";
import { BAD, BOLD, BUSY, DIM, stateSpan, WARN } from "../looks.ts";
import { fit, type Line, lineOf, span } from "../spans.ts";
import type { Slot, Slots } from "../slots.ts";
import { pageOf, type State, valueOf } from "../state.ts";
import type { Target } from "../target.ts";
import { factLines, heading } from "../table.ts";
import { tasksIn } from "../wants.ts";
import { ago, sparks, took } from "../words.ts";
import { armSlots, armState, doneSparks, nextCell, workerState } from "./lists.ts";

function detailOf<K extends Slot>(state: State, slot: K): Slots[K] | undefined {
  return valueOf(state, slot, pageOf(state)?.id ?? "");
}

export const workerPage = listScreen<WorkerDetail["attempts"][number]>({
  slot: "worker",
  rows: (state) => detailOf(state, "worker")?.attempts ?? [],
  target: ({ id }) => ({ kind: "task", id }),
  columns: ({ now }) => [
    { title: "TASK", cell: ({ id }) => id, width: 10, grows: true, rank: 0 },
    { title: "TRY", cell: ({ attempt }) => (attempt > 1 ? String(attempt) : ""), width: 3, side: "right", rank: 2 },
    { title: "TYPE", cell: ({ type }) => type, width: 14, rank: 1 },
    { title: "ARM", cell: ({ arm }) => arm, width: 14, rank: 1 },
    { title: "FOR", cell: ({ startedAt }) => took(startedAt, undefined, now), width: 7, side: "right", rank: 0 },
    {
      title: "CPU",
      cell: ({ cpuMs }) => (cpuMs === undefined ? "" : `${(cpuMs / 1000).toFixed(1)}s`),
      width: 8,
      side: "right",
      rank: 1,
    },
    {
      title: "MEMORY",
      cell: ({ rssBytes }) => (rssBytes === undefined ? "" : formatSize(rssBytes)),
      width: 8,
      side: "right",
      rank: 1,
    },
  ],
  above: workerHead,
  empty: () => "",
});

/** A line of signs for the last hour, and what it is now. */
function chart(values: readonly (number | null)[] | undefined, text: string | undefined, columns: number): Line {
  if (text === undefined) return [];
  return lineOf(values === undefined ? undefined : span(`${sparks(values, columns, 1)}  `, BUSY), text);
}

function workerHead(state: State, columns: number): Line[] {
  const worker = detailOf(state, "worker");
  if (worker === undefined) return [];
  const { now } = state;
  const { usage } = worker;
  const history = detailOf(state, "usage");
  const room = Math.max(10, Math.min(60, columns - 36));
  const share = (used: number | undefined, all: number | undefined): string | undefined =>
    used === undefined || all === undefined ? undefined : `${formatSize(used)} of ${formatSize(all)}`;
  return [
    fit(
      lineOf(
        " ",
        span(worker.name, BOLD),
        "  ",
        workerState(worker),
        span(`  heard ${ago(worker.lastSeenAt, now)}`, DIM),
        worker.leftReason === undefined ? undefined : span(`  ${worker.leftReason}`, WARN),
      ),
      columns,
    ),
    ...factLines(
      [
        ["slots", `${worker.active}/${worker.slots}`],
        [
          "cpu",
          chart(
            history?.cpu,
            usage?.cpu === undefined
              ? undefined
              : `${Math.round(usage.cpu * 100)}%${usage.cores === undefined ? "" : ` of ${usage.cores} cores`}`,
            room,
          ),
        ],
        ["memory", chart(history?.memory, share(usage?.memoryUsedBytes, usage?.memoryBytes), room)],
        ["disk", share(usage?.diskUsedBytes, usage?.diskBytes)],
        ...(usage?.gpus ?? []).map(
          (gpu) =>
            [
              `gpu ${gpu.index}`,
              [
                gpu.name,
                gpu.load === undefined ? "" : `${Math.round(gpu.load * 100)}%`,
                share(gpu.memoryUsedBytes, gpu.memoryBytes) ?? "",
              ]
                .filter(Boolean)
                .join(", "),
            ] as const,
        ),
        ["labels", labelsText(worker.labels, true)],
        ["resources", resourcesText(worker)],
        ["arms", worker.arms?.join(", ")],
        ["kinds", worker.kinds.join(", ")],
        ["functions", worker.functions.slice(0, 12).join(", ")],
        ["host", `${worker.host}, process ${worker.pid}, Octopus ${worker.octopus}`],
      ],
      columns,
    ),
    [],
    heading(worker.attempts.length === 0 ? "Nothing runs here" : "Runs here", columns),
  ];
}

type ArmRow = { task: TaskView } | { holder: ArmDetail["holders"][number] };

export const armPage = listScreen<ArmRow>({
  slot: "arm",
  rows: (state) => [
    ...(detailOf(state, "arm")?.holders ?? []).map((holder) => ({ holder })),
    ...(detailOf(state, "arm") === undefined ? [] : tasksIn(state, "arm-queue").map((task) => ({ task }))),
  ],
  target: (row): Target =>
    "task" in row ? { kind: "task", id: row.task.id, view: row.task } : { kind: "task", id: row.holder.id },
  columns: ({ now }) => [
    { title: "TASK", cell: (row) => ("task" in row ? row.task.id : row.holder.id), width: 10, rank: 0 },
    { title: "STATE", cell: (row) => stateSpan("task" in row ? row.task.state : "running"), width: 12, rank: 0 },
    {
      title: "WHAT",
      cell: (row) => ("task" in row ? titleOf(row.task) : row.holder.type),
      width: 12,
      grows: true,
      rank: 0,
    },
    { title: "WORKER", cell: (row) => ("task" in row ? "" : row.holder.worker), width: 16, rank: 1 },
    {
      title: "FOR",
      cell: (row) =>
        took("task" in row ? (row.task.readyAt ?? row.task.createdAt) : row.holder.startedAt, undefined, now),
      width: 7,
      side: "right",
      rank: 0,
    },
  ],
  above(state, columns) {
    const arm = detailOf(state, "arm");
    if (arm === undefined) return [];
    const history = valueOf(state, "history");
    const room = Math.max(10, Math.min(60, columns - 36));
    const waits = history?.arms[arm.name]?.waitMs ?? [];
    return [
      fit(lineOf(" ", span(arm.name, BOLD), "  ", armState(arm)), columns),
      ...factLines(
        [
          ["slots", armSlots(arm)],
          ["queued", `${arm.queued}${arm.waiting > 0 ? `, ${arm.waiting} not ready yet` : ""}`],
          [
            "done",
            lineOf(
              span(doneSparks(history, arm.name, room), BUSY),
              `  ${arm.processed} so far`,
              arm.failed > 0 ? span(`, ${arm.failed} failed`, BAD) : undefined,
            ),
          ],
          [
            "wait",
            waits.some((value) => value !== null)
              ? lineOf(span(sparks(waits, room), WARN), "  in the last 15 minutes")
              : undefined,
          ],
          ["rules", rulesOf(arm)],
          ["types", arm.types.join(", ")],
        ],
        columns,
      ),
      [],
      heading("Holds slots, and waits", columns),
    ];
  },
  empty: () => "Nothing runs in it, and nothing waits.",
});

export const schedulePage = listScreen<TickView>({
  slot: "schedule",
  rows: (state) => detailOf(state, "ticks")?.items ?? [],
  target: ({ made = "", tick }): Target =>
    made.startsWith("r") ? { kind: "run", id: made } : { kind: "task", id: made === "" ? `tick ${tick}` : made },
  columns: ({ now }) => [
    { title: "TICK", cell: ({ tick }) => moment(tick, now), width: 16, rank: 0 },
    {
      title: "BECAME",
      cell: ({ action, manual }) =>
        span(
          manual === undefined ? action : `${action} (${manual})`,
          action === "failed" ? BAD : action === "fired" ? {} : WARN,
        ),
      width: 17,
      rank: 0,
    },
    { title: "MADE", cell: ({ made }) => made ?? "", width: 10, rank: 0 },
    {
      title: "WHY",
      cell: ({ reason, count }) => `${reason ?? ""}${count === undefined ? "" : ` (${count} ticks)`}`,
      width: 10,
      grows: true,
      rank: 0,
    },
  ],
  above(state, columns) {
    const one = detailOf(state, "schedule");
    if (one === undefined) return [];
    return [
      fit(
        lineOf(" ", span(one.name, BOLD), "  ", nextCell(one, state.now), span(`  ${one.description ?? ""}`, DIM)),
        columns,
      ),
      ...factLines(
        [
          ["when", one.when],
          ["zone", one.zone],
          ["does", targetText(one)],
          [
            "next",
            one.next
              .slice(0, 5)
              .map((tick) => zonedTime(tick, one.zone).slice(0, 20))
              .join(", "),
          ],
          ["overlap", `${one.overlap}, catch up ${one.catchUp.policy}`],
          [
            "active",
            one.active === 0 && one.queued === 0 ? undefined : `${one.active} under way, ${one.queued} ticks wait`,
          ],
        ],
        columns,
      ),
      ...one.warnings.map((text) => fit(span(` ! ${text}`, WARN), columns)),
      [],
      heading("Ticks", columns, span("newest first", DIM)),
    ];
  },
  empty: () => "It has not been due yet.",
});
