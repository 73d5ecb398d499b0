/** All of a task: what it is, why it waits, how its time went, its attempts, what it printed last, what it does. */
import { formatDuration, formatSize } from "../../base/duration.ts";
import { isEnded } from "../../base/words.ts";
import type { TaskDetail } from "../../protocol/views.ts";
import { spansOf } from "../../view/ansi.ts";
import { asksFacts } from "../../view/asks.ts";
import { helpFor } from "../../view/explain-links.ts";
import { clip } from "../../view/inert.ts";
import type { Row } from "../../view/log-lines.ts";
import { progressText } from "../../view/run-words.ts";
import { causeOf, titleOf } from "../../view/tasks.ts";
import { moment } from "../../view/time.ts";
import { PHASE_WORDS, type Segment, timelineOf } from "../../view/timeline.ts";
import { BAD, BOLD, BUSY, DIM, GOOD, stateSpan, WAIT, WARN } from "../looks.ts";
import { fit, type Line, lineOf, type Look, span, type Words, wrapped } from "../spans.ts";
import { type State, valueOf } from "../state.ts";
import { drawTable, factLines, heading } from "../table.ts";
import { age, ago, inTime, took } from "../words.ts";
import { textPage } from "./text-page.ts";

export const taskPage = textPage("task", (task, state, columns) => [
  fit(lineOf(" ", span(task.id, BOLD), "  ", stateSpan(task.state), "  ", span(titleOf(task), BOLD)), columns),
  // Of a cause of any length, four lines.
  ...wrapped(clip(causeOf(task), columns * 6).text, columns - 4, task.state === "failed" ? BAD : WARN)
    .filter(([one]) => one?.text !== "")
    .slice(0, 4)
    .map((line) => fit(lineOf("   ", line), columns)),
  [],
  ...whyLines(task, state, columns),
  ...timeLines(task, state, columns),
  ...attemptLines(task, state, columns),
  ...tailLines(task, state, columns),
  ...factsOf(task, state, columns),
]);

function whyLines(task: TaskDetail, state: State, columns: number): Line[] {
  const found = valueOf(state, "why", task.id);
  if (found === undefined || isEnded(task.state) || task.state === "running") return [];
  const lines = [heading("Why it waits", columns)];
  const { summary, reasons } = found;
  // The first reason is often the whole answer, and then stands among the reasons, with what helps.
  const isSaid = reasons.some(({ message }) => message === summary);
  if (!isSaid) for (const line of wrapped(summary, columns - 4)) lines.push(fit(lineOf("   ", line), columns));
  for (const reason of reasons) {
    const until =
      reason.until === undefined
        ? ""
        : `, until ${moment(reason.until, state.now)} (${inTime(reason.until, state.now)})`;
    wrapped(`${reason.message}${until}`, columns - 6, WARN).forEach((line, i) =>
      lines.push(fit(lineOf(i === 0 ? "   · " : "     ", line), columns)),
    );
    const { remedy } = helpFor(reason, task);
    if (remedy?.kind === "command")
      lines.push(fit(lineOf("     ", span(`${remedy.label}: `, DIM), remedy.command), columns));
  }
  return [...lines, []];
}

const PHASE_LOOKS: Readonly<Record<Segment["phase"], Look>> = {
  ...{ needs: DIM, approval: WARN, time: DIM, held: DIM, retry: WARN, slot: WARN, worker: WAIT, queue: WAIT },
  ...{ running: BUSY, closing: DIM },
};

/** One bar for all of its life, and what the parts of it are. */
function timeLines(task: TaskDetail, { now }: State, columns: number): Line[] {
  const segments = timelineOf(task);
  if (segments.length === 0) return [];
  const from = segments[0]!.from;
  const to = Math.max(from + 1, segments.at(-1)!.to ?? now);
  const room = Math.max(10, columns - 4);
  let used = 0;
  const bar = segments.map((segment, i) => {
    const end = i === segments.length - 1 ? room : Math.round((((segment.to ?? now) - from) / (to - from)) * room);
    const least = Math.max(1, Math.min(end, room) - used);
    const size = Math.max(0, Math.min(least, room - used));
    used += size;
    return span((segment.phase === "running" ? "█" : "▒").repeat(size), PHASE_LOOKS[segment.phase]);
  });
  const words = segments.flatMap((segment): Words[] => [
    span(`${segment.phase === "running" ? "█" : "▒"} `, PHASE_LOOKS[segment.phase]),
    `${segment.phase === "running" && segment.attempt > 1 ? `try ${segment.attempt}` : PHASE_WORDS[segment.phase]} ${formatDuration(Math.max(0, (segment.to ?? now) - segment.from))}   `,
  ]);
  return [heading("Time", columns), fit(lineOf("   ", ...bar), columns), fit(lineOf("   ", ...words), columns), []];
}

function attemptLines(task: TaskDetail, { now }: State, columns: number): Line[] {
  if (task.attempts.length === 0) return [];
  type Attempt = TaskDetail["attempts"][number];
  const table = drawTable<Attempt>(
    [
      { title: "TRY", cell: ({ attempt }) => String(attempt), width: 3, side: "right", rank: 0 },
      {
        title: "OUTCOME",
        cell: ({ outcome }) => (outcome === undefined ? stateSpan("running") : stateSpan(outcome)),
        width: 13,
        rank: 0,
      },
      { title: "WORKER", cell: ({ worker }) => worker, width: 14, rank: 1 },
      { title: "AGE", cell: ({ startedAt }) => age(startedAt, now), width: 4, side: "right", rank: 2 },
      { title: "TOOK", cell: (one) => took(one.startedAt, one.endedAt, now), width: 7, side: "right", rank: 0 },
      { title: "EXIT", cell: (one) => one.signal ?? one.exitCode?.toString() ?? "", width: 7, rank: 1 },
      {
        title: "CPU",
        cell: ({ cpuMs }) => (cpuMs === undefined ? "" : formatDuration(cpuMs)),
        width: 6,
        side: "right",
        rank: 3,
      },
      {
        title: "MEMORY",
        cell: ({ maxRssBytes }) => (maxRssBytes === undefined ? "" : formatSize(maxRssBytes)),
        width: 8,
        side: "right",
        rank: 3,
      },
      { title: "ERROR", cell: ({ error }) => span(error?.message ?? "", BAD), width: 10, grows: true, rank: 2 },
    ],
    task.attempts.toReversed(),
    { columns, cursorLook: {} },
  );
  return [heading("Tries", columns), ...table, []];
}

/** What it printed last; more of it where it failed. */
function tailLines(task: TaskDetail, state: State, columns: number): Line[] {
  const entry = state.data["tail"];
  if (entry === undefined || !entry.key.startsWith(`${task.id} `)) return [];
  const rows = (entry.value as Row[] | undefined) ?? [];
  if (rows.length === 0) return [];
  const shown = rows.slice(task.state === "failed" ? -50 : -8);
  return [
    heading(
      "Output",
      columns,
      span(rows.length > shown.length || rows.length >= 50 ? "its end; l shows all" : "", DIM),
    ),
    ...shown.map((row) => {
      const spans = spansOf(clip(row.text, columns * 4).text, row.look).spans;
      return fit(
        lineOf(
          " ",
          row.stream === "stderr" ? span("! ", BAD) : "  ",
          spans.map(({ text, look }) => span(text.replaceAll("\t", "  "), look)),
        ),
        columns,
      );
    }),
    [],
  ];
}

function factsOf(task: TaskDetail, state: State, columns: number): Line[] {
  const { now } = state;
  const { approval, marked, members } = task;
  const facts: (readonly [string, Words | undefined])[] = [
    ["run", task.run],
    ["type", `${task.type} (${task.kind})`],
    ["arm", `${task.arm}, priority ${task.priority}`],
    ["tags", task.tags.join(", ")],
    ["needs", task.needs.join(", ")],
    ["worker", task.worker],
    ["inside", task.inside],
    ["members", members === undefined ? undefined : progressText(members.counts, members.total)],
    ["holds", task.subRun],
    [
      "approval",
      approval === undefined
        ? undefined
        : `${approval.state ?? "not asked for yet"}${approval.by === undefined ? "" : ` by ${approval.by}`}${approval.message === undefined ? "" : `: ${approval.message}`}`,
    ],
    [
      "marked",
      marked === undefined
        ? undefined
        : `by ${marked.by ?? "a person"}${marked.note === undefined ? "" : `: ${marked.note}`}`,
    ],
    ...asksFacts(task),
    ["created", `${moment(task.createdAt, now)} (${ago(task.createdAt, now)})`],
    ["due", task.dueAt === undefined ? undefined : `${moment(task.dueAt, now)} (${inTime(task.dueAt, now)})`],
    ["timeout", task.timeoutMs === undefined ? undefined : formatDuration(task.timeoutMs)],
    [
      "progress",
      task.progress === undefined ? undefined : `${Math.round(task.progress * 100)} %  ${task.progressMessage ?? ""}`,
    ],
    ["artifacts", task.artifacts.map(({ path, bytes }) => `${path} (${formatSize(bytes)})`).join(", ")],
    ["result", task.result === undefined ? task.resultHref : undefined],
  ];
  const json = (title: string, value: unknown): Line[] =>
    value === undefined
      ? []
      : [
          [],
          heading(title, columns),
          ...wrapped(
            clip(JSON.stringify(value, null, 2), 20_000).text,
            columns - 4,
            title === "Result" ? GOOD : {},
          ).map((line) => fit(lineOf("   ", line), columns)),
        ];
  return [
    heading("Facts", columns),
    ...factLines(facts, columns),
    ...json("Result", task.result),
    ...json("Work", task.work),
  ];
}
