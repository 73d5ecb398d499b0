/** The tabs Runs, Workers, Arms and Schedules. */
import { isRunEnded } from "../../client/mod.ts";
import type { HistoryView } from "../../protocol/history.ts";
import type { RunView } from "../../protocol/run-views.ts";
import type { ScheduleView } from "../../protocol/schedule-views.ts";
import type { ArmView } from "../../protocol/views.ts";
import type { WorkerView } from "../../protocol/worker-views.ts";
import { rulesOf } from "../../view/limits.ts";
import { endedOf, standing, totalOf } from "../../view/run-words.ts";
import { lastState, lastWords, targetText } from "../../view/schedules.ts";
import { labelsText, resourcesText } from "../../view/workers.ts";
import { listScreen } from "../list.ts";
import { BAD, BUSY, DIM, GOOD, stateSpan, WARN } from "../looks.ts";
import { readRunFilter } from "../run-filter.ts";
import { fit, type Line, lineOf, span, type Span } from "../spans.ts";
import { type State, type Tab, valueOf } from "../state.ts";
import type { Target } from "../target.ts";
import type { Column } from "../table.ts";
import { age, count, gauge, inTime, sparks, took } from "../words.ts";
import { moreText } from "./tasks.ts";

export const runsScreen = listScreen<RunView>({
  slot: "runs",
  rows: runsIn,
  target: runTarget,
  columns: ({ now }) => runColumns(now),
  above: (state, columns) => wordsLine(state, "runs", columns, readRunFilter(state.filters.runs).problem),
  empty: ({ filters }) =>
    filters.runs === ""
      ? "No run yet. Run a workflow: octopus run workflow.yaml"
      : "No run matches. Esc takes the filter away, / changes it.",
  more: (state) => moreText(state, "runs"),
});

export function runTarget(view: RunView): Target {
  return { kind: "run", id: view.id, view };
}

function runsIn(state: State): readonly RunView[] {
  const items = valueOf(state, "runs")?.items ?? [];
  const { words } = readRunFilter(state.filters.runs);
  return items.filter((run) => holdsAll(`${run.id} ${run.workflow} ${run.schedule ?? ""} ${run.reason ?? ""}`, words));
}

export function runColumns(now: number): Column<RunView>[] {
  return [
    { title: "ID", cell: ({ id }) => id, width: 6, rank: 0 },
    { title: "STATE", cell: runState, width: 14, rank: 0 },
    { title: "WORKFLOW", cell: runWhat, width: 12, grows: true, wants: 36, rank: 0 },
    { title: "PROGRESS", cell: progressBar, width: 20, rank: 1 },
    { title: "SCHEDULE", cell: ({ schedule }) => span(schedule ?? "", DIM), width: 14, rank: 4 },
    { title: "AGE", cell: (run) => age(run.createdAt, now), width: 4, side: "right", rank: 2 },
    {
      title: "TOOK",
      cell: (run) => took(run.startedAt, isRunEnded(run.state) ? run.endedAt : undefined, now),
      width: 7,
      side: "right",
      rank: 0,
    },
  ];
}

function runState(run: RunView): Span {
  if (run.paused === true && !isRunEnded(run.state)) return span("‖ paused", WARN);
  return stateSpan(run.state);
}

function runWhat(run: RunView): Line {
  const more = run.paused === true ? "" : standing(run);
  const why = run.reason ?? more;
  return lineOf(run.workflow, why === "" ? undefined : span(`  ${why}`, run.state === "failed" ? BAD : DIM));
}

/** `█████░░░ 5/8` and what failed of it. */
export function progressBar({ counts }: Pick<RunView, "counts">): Line {
  const total = totalOf(counts);
  const ended = endedOf(counts);
  const failed = counts.failed ?? 0;
  if (total === 0) return [];
  return lineOf(
    span(gauge(ended, total, 8), failed > 0 ? BAD : ended === total ? GOOD : BUSY),
    ` ${count(ended)}/${count(total)}`,
    failed > 0 ? span(` ${count(failed)}✗`, BAD) : undefined,
  );
}

export const workersScreen = listScreen<WorkerView>({
  slot: "workers",
  rows: (state) =>
    narrowed(state, "workers", valueOf(state, "workers") ?? [], (worker) =>
      [worker.name, worker.state, worker.host, labelsText(worker.labels, true), ...worker.kinds].join(" "),
    ),
  target: (view) => ({ kind: "worker", id: view.name, view }),
  columns: ({ now }) => workerColumns(now),
  above: (state, columns) => [...waitingLines(state, columns), ...wordsLine(state, "workers", columns)],
  empty: ({ filters }) =>
    filters.workers === ""
      ? "No worker has ever connected. Start one: octopus worker"
      : "No worker matches. Esc takes the filter away.",
});

export function workerColumns(now: number): Column<WorkerView>[] {
  return [
    { title: "WORKER", cell: ({ name }) => name, width: 12, grows: true, wants: 24, rank: 0 },
    { title: "STATE", cell: workerState, width: 11, rank: 0 },
    { title: "SLOTS", cell: slotsCell, width: 12, rank: 0 },
    { title: "HEARD", cell: ({ lastSeenAt }) => age(lastSeenAt, now), width: 5, side: "right", rank: 1 },
    { title: "CPU", cell: ({ usage }) => percentCell(usage?.cpu), width: 4, side: "right", rank: 1 },
    {
      title: "MEM",
      cell: ({ usage }) =>
        percentCell(
          usage?.memoryUsedBytes === undefined || usage.memoryBytes === undefined
            ? undefined
            : usage.memoryUsedBytes / usage.memoryBytes,
        ),
      width: 4,
      side: "right",
      rank: 1,
    },
    {
      title: "DISK",
      cell: ({ usage }) =>
        percentCell(
          usage?.diskUsedBytes === undefined || usage.diskBytes === undefined
            ? undefined
            : usage.diskUsedBytes / usage.diskBytes,
        ),
      width: 4,
      side: "right",
      rank: 3,
    },
    { title: "LABELS", cell: (worker) => span(labelsText(worker.labels), DIM), width: 16, rank: 4 },
    { title: "RESOURCES", cell: (worker) => span(resourcesText(worker), DIM), width: 18, rank: 6 },
    { title: "HOST", cell: ({ host }) => span(host, DIM), width: 16, rank: 2 },
    { title: "VERSION", cell: ({ octopus }) => span(octopus, DIM), width: 8, rank: 5 },
  ];
}

export function workerState({ state, held }: WorkerView): Span {
  if (held === true) return state === "draining" ? stateSpan("draining", "drained") : stateSpan(state);
  return stateSpan(state);
}

function slotsCell({ active, slots }: WorkerView): Line {
  return lineOf(span(gauge(active, slots, 5), active >= slots ? WARN : BUSY), ` ${active}/${slots}`);
}

function percentCell(share: number | undefined): Span {
  if (share === undefined) return span("");
  return span(`${Math.round(share * 100)}%`, share >= 0.9 ? BAD : share >= 0.75 ? WARN : {});
}

function waitingLines(state: State, columns: number): Line[] {
  const waiting = valueOf(state, "waiting") ?? [];
  if (waiting.length === 0) return [];
  const names = waiting.map(({ name, fingerprint }) => `${name} (${fingerprint})`).join(", ");
  return [fit(span(` ? wait to be let in: ${names} (octopus workers approve NAME)`, WARN), columns)];
}

export const armsScreen = listScreen<ArmView>({
  slot: "status",
  rows: (state) => narrowed(state, "arms", armsIn(state), (arm) => `${arm.name} ${arm.types.join(" ")}`),
  target: armTarget,
  columns: (state) => armColumns(state),
  above: (state, columns) => wordsLine(state, "arms", columns),
  empty: () => "No arm matches. Esc takes the filter away.",
});

export function armTarget(view: ArmView): Target {
  return { kind: "arm", id: view.name, view };
}

export function armsIn(state: State): readonly ArmView[] {
  return valueOf(state, "status")?.arms ?? [];
}

export function armColumns(state: State): Column<ArmView>[] {
  const { now } = state;
  const history = valueOf(state, "history");
  return [
    { title: "ARM", cell: ({ name }) => name, width: 10, grows: true, rank: 0 },
    { title: "STATE", cell: armState, width: 10, rank: 0 },
    { title: "SLOTS", cell: armSlots, width: 13, rank: 0 },
    { title: "QUEUED", cell: (arm) => queuedCell(arm), width: 6, side: "right", rank: 0 },
    { title: "WAITS", cell: ({ waiting }) => (waiting === 0 ? "" : count(waiting)), width: 5, side: "right", rank: 4 },
    { title: "DONE, 15 MIN", cell: ({ name }) => span(doneSparks(history, name, 12), BUSY), width: 12, rank: 1 },
    { title: "DONE", cell: ({ processed }) => count(processed), width: 5, side: "right", rank: 2 },
    {
      title: "FAILED",
      cell: (arm) => span(arm.failed === 0 ? "" : count(arm.failed), BAD),
      width: 6,
      side: "right",
      rank: 1,
    },
    { title: "LAST", cell: (arm) => age(arm.lastRunAt, now), width: 4, side: "right", rank: 3 },
    { title: "RULES", cell: (arm) => span(rulesOf(arm), DIM), width: 20, rank: 5 },
  ];
}

export function doneSparks(history: HistoryView | undefined, arm: string, columns: number): string {
  const one = history?.arms[arm];
  if (one === undefined) return "";
  return sparks(
    one.succeeded.map((value, i) => (value === null ? null : value + (one.failed[i] ?? 0))),
    columns,
  );
}

export function armState(arm: ArmView): Span {
  if (!arm.enabled) return span(arm.draining ? "‖ paused ◐" : "‖ paused", WARN);
  return arm.draining ? span("◐ draining", WARN) : span("● on", GOOD);
}

export function armSlots({ active, maxParallel }: ArmView): Line {
  if (maxParallel === undefined) return lineOf(`${active}`, span(" no limit", DIM));
  return lineOf(span(gauge(active, maxParallel, 6), active >= maxParallel ? WARN : BUSY), ` ${active}/${maxParallel}`);
}

function queuedCell({ queued, active, maxParallel, enabled }: ArmView): Span {
  if (queued === 0) return span("");
  return span(count(queued), !enabled || (maxParallel !== undefined && active >= maxParallel) ? WARN : {});
}

export const schedulesScreen = listScreen<ScheduleView>({
  slot: "schedules",
  rows: (state) =>
    narrowed(state, "schedules", valueOf(state, "schedules") ?? [], (one) =>
      [one.name, one.when, one.description ?? "", targetText(one)].join(" "),
    ),
  target: scheduleTarget,
  columns: ({ now }) => scheduleColumns(now),
  above: (state, columns) => wordsLine(state, "schedules", columns),
  empty: ({ filters }) =>
    filters.schedules === ""
      ? 'No schedule yet. Make one: octopus schedule add nightly --cron "30 2 * * *" -- ./backup.sh'
      : "No schedule matches. Esc takes the filter away.",
});

export function scheduleTarget(view: ScheduleView): Target {
  return { kind: "schedule", id: view.name, view };
}

export function scheduleColumns(now: number): Column<ScheduleView>[] {
  return [
    { title: "SCHEDULE", cell: ({ name }) => name, width: 14, rank: 0 },
    { title: "NEXT", cell: (one) => nextCell(one, now), width: 8, rank: 0 },
    { title: "LAST", cell: (one) => lastCell(one, now), width: 13, rank: 1 },
    {
      title: "RUNS",
      cell: ({ active, queued }) => `${active === 0 ? "" : active}${queued === 0 ? "" : `+${queued}`}`,
      width: 4,
      side: "right",
      rank: 3,
    },
    { title: "WHEN", cell: ({ when }) => when, width: 14, grows: true, wants: 30, rank: 0 },
    { title: "DOES", cell: (one) => span(targetText(one), DIM), width: 22, rank: 2 },
    { title: "ZONE", cell: ({ zone }) => span(zone, DIM), width: 14, rank: 4 },
  ];
}

export function nextCell(one: ScheduleView, now: number): Span {
  if (one.paused) return span("‖ paused", WARN);
  if (one.nextAt === undefined) return span("never", DIM);
  const ms = Date.parse(one.nextAt) - now;
  return span(ms <= 0 ? "now" : inTime(one.nextAt, now));
}

function lastCell(one: ScheduleView, now: number): Span {
  const state = lastState(one);
  return state === undefined ? span("") : stateSpan(state, `${lastWords(one)} ${age(one.lastTick, now)}`);
}

/** The filter of a list that is narrowed here. */
function wordsLine(state: State, tab: Tab, columns: number, problem?: string): Line[] {
  const text = state.filters[tab];
  if (text === "") return [];
  return [fit(lineOf(span(" / ", DIM), text, problem === undefined ? undefined : span(`   ${problem}`, BAD)), columns)];
}

function narrowed<Row>(state: State, tab: Tab, rows: readonly Row[], text: (row: Row) => string): readonly Row[] {
  const words = state.filters[tab].toLowerCase().split(/\s+/).filter(Boolean);
  return words.length === 0 ? rows : rows.filter((row) => holdsAll(text(row), words));
}

function holdsAll(text: string, words: readonly string[]): boolean {
  const lower = text.toLowerCase();
  return words.every((word) => lower.includes(word));
}
