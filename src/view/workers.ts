/** Workers as rows of tables, and one of them in full. */
import { formatSize } from "../base/duration.ts";
import type { UsageHistory, WaitingWorkerView, WorkerDetail, WorkerView } from "../protocol/worker-views.ts";
import { colourOf, type Paint } from "./paint.ts";
import { type Column, renderFacts, renderTable } from "./table.ts";
import { elapsed, relative } from "./time.ts";

export function workerColumns(now: number): Column<WorkerView>[] {
  return [
    { title: "WORKER", cell: (worker) => worker.name, max: 40 },
    { title: "STATE", cell: stateText, colour: (worker) => colourOf(worker.state) },
    { title: "SLOTS", cell: (worker) => `${worker.active}/${worker.slots}`, side: "right" },
    { title: "HEARD", cell: (worker) => relative(worker.lastSeenAt, now) },
    { title: "CPU", cell: (worker) => percent(worker.usage?.cpu), side: "right" },
    { title: "MEMORY", cell: memoryText, side: "right" },
    { title: "RESOURCES", cell: resourcesText, max: 30 },
    { title: "LABELS", cell: (worker) => labelsText(worker.labels), max: 40 },
    { title: "KINDS", cell: (worker) => worker.kinds.join(",") },
    { title: "HOST", cell: (worker) => `${worker.host} (${worker.pid})`, max: 40 },
  ];
}

/** A worker that a person has drained is told from one that is about to stop, and stays so while it is away. */
function stateText({ state, held }: WorkerView): string {
  if (held !== true) return state;
  return state === "draining" ? "drained" : `${state}, drained`;
}

/** Labels that every worker has tell little in a list. */
const USUAL: ReadonlySet<string> = new Set(["os", "arch", "host", "name"]);

export function labelsText(labels: WorkerView["labels"], isFull = false): string {
  return Object.entries(labels ?? {})
    .filter(([label]) => isFull || !USUAL.has(label))
    .map(([label, value]) => (value === "" ? label : `${label}=${value}`))
    .join(" ");
}

/** Used and offered, where something is used: `cpu 2/4, memory 1 GiB/16 GiB`. */
export function resourcesText({ resources }: Pick<WorkerView, "resources">): string {
  return Object.entries(resources ?? {})
    .filter(([name, { used }]) => used > 0 || !(name === "cpu" || name === "memory"))
    .map(([name, { total, used }]) => `${name} ${amountText(name, used)}/${amountText(name, total)}`)
    .join(", ");
}

/** `2`, and for memory `1 GiB`. */
export function amountText(name: string, amount: number): string {
  return name === "memory" ? formatSize(amount) : String(amount);
}

/** Of the machine, where that is known; else of the worker itself. */
function memoryText({ usage, rssBytes }: WorkerView): string {
  if (usage?.memoryUsedBytes !== undefined && usage.memoryBytes !== undefined)
    return percent(usage.memoryUsedBytes / usage.memoryBytes);
  return rssBytes === undefined ? "" : formatSize(rssBytes);
}

function percent(share: number | undefined): string {
  return share === undefined ? "" : `${Math.round(share * 100)}%`;
}

export function waitingColumns(now: number): Column<WaitingWorkerView>[] {
  return [
    { title: "WORKER", cell: (worker) => worker.name, max: 40 },
    { title: "KEY", cell: (worker) => worker.fingerprint },
    { title: "ADDRESS", cell: (worker) => worker.address },
    { title: "HOST", cell: (worker) => worker.host ?? "", max: 40 },
    { title: "SINCE", cell: (worker) => relative(worker.firstSeenAt, now) },
    { title: "ASKED", cell: (worker) => relative(worker.lastSeenAt, now) },
    {
      title: "NOTE",
      cell: (worker) => (worker.conflict === true ? "the name has another key" : ""),
      colour: () => "yellow",
    },
  ];
}

type Look = { paint: Paint; columns?: number | undefined };

/** All of a worker: what it is, what it uses, what runs there. */
export function workerText(worker: WorkerDetail, usage: UsageHistory | undefined, look: Look, now: number): string {
  const { paint } = look;
  const { usage: machine } = worker;
  const facts = renderFacts(
    [
      ["worker", worker.name],
      ["state", `${paint(colourOf(worker.state), stateText(worker))}${heardText(worker, now)}`],
      ["slots", `${worker.active}/${worker.slots}`],
      ["host", [worker.host, worker.address && `from ${worker.address}`].filter(Boolean).join(", ")],
      [
        "process",
        `${worker.pid}, Octopus ${worker.octopus}${worker.link === undefined ? "" : `, link ${worker.link}`}`,
      ],
      ["connected", worker.connectedAt && relative(worker.connectedAt, now)],
      ["left", worker.leftReason],
      ["kinds", worker.kinds.join(", ")],
      ["functions", listText(worker.functions)],
      ["arms", worker.arms?.join(", ")],
      ["labels", labelsText(worker.labels, true)],
      ["resources", offersText(worker)],
      ["load", machine?.load?.toFixed(2) ?? worker.load?.toFixed(2)],
      ["cpu", cpuText(machine)],
      ["memory", usedText(machine?.memoryUsedBytes, machine?.memoryBytes)],
      ["disk", usedText(machine?.diskUsedBytes, machine?.diskBytes)],
      ...(machine?.gpus ?? []).map(
        (gpu) =>
          [
            `gpu ${gpu.index}`,
            [gpu.name, percent(gpu.load), usedText(gpu.memoryUsedBytes, gpu.memoryBytes)].filter(Boolean).join(", "),
          ] as const,
      ),
      ["worker memory", worker.rssBytes === undefined ? undefined : formatSize(worker.rssBytes)],
      ["keys", worker.keys.map(({ fingerprint, since }) => `${fingerprint} (${relative(since, now)})`).join(", ")],
    ],
    paint,
  );
  const parts = [facts, usage && historyText(usage, paint), attemptsText(worker, look, now)];
  return parts.filter((part) => part !== undefined && part !== "").join("\n\n");
}

function cpuText({ cpu, cores }: NonNullable<WorkerView["usage"]> = {}): string | undefined {
  if (cpu === undefined) return cores === undefined ? undefined : `${cores} cores`;
  return cores === undefined ? percent(cpu) : `${percent(cpu)} of ${cores} cores`;
}

function heardText({ lastSeenAt }: WorkerView, now: number): string {
  return lastSeenAt === undefined ? "" : `, heard ${relative(lastSeenAt, now)}`;
}

const SHOWN = 8;

function listText(names: readonly string[]): string {
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "";
  return names.slice(0, SHOWN).join(", ") + more;
}

function offersText({ resources }: WorkerView): string {
  return Object.entries(resources ?? {})
    .map(([name, { total, used, units }]) => {
      const text = `${name} ${amountText(name, used)}/${amountText(name, total)}`;
      return units === undefined ? text : `${text} (${units.join(", ")})`;
    })
    .join(", ");
}

function usedText(used: number | undefined, all: number | undefined): string | undefined {
  if (used === undefined || all === undefined) return undefined;
  return `${formatSize(used)} of ${formatSize(all)}`;
}

function attemptsText(worker: WorkerDetail, { paint, columns }: Look, now: number): string | undefined {
  if (worker.attempts.length === 0) return undefined;
  type Attempt = WorkerDetail["attempts"][number];
  const rows: Column<Attempt>[] = [
    { title: "TASK", cell: (one) => one.id, max: 40 },
    { title: "TRY", cell: (one) => (one.attempt > 1 ? String(one.attempt) : ""), side: "right" },
    { title: "TYPE", cell: (one) => one.type, max: 20 },
    { title: "ARM", cell: (one) => one.arm, max: 20 },
    { title: "FOR", cell: (one) => elapsed(one.startedAt, undefined, now), side: "right" },
    {
      title: "CPU",
      cell: (one) => (one.cpuMs === undefined ? "" : `${(one.cpuMs / 1000).toFixed(1)}s`),
      side: "right",
    },
    { title: "MEMORY", cell: (one) => (one.rssBytes === undefined ? "" : formatSize(one.rssBytes)), side: "right" },
    { title: "UNITS", cell: (one) => unitsText(one.units) },
  ];
  return renderTable(rows, worker.attempts, { paint, columns });
}

function unitsText(units: Record<string, string[]> | undefined): string {
  return Object.entries(units ?? {})
    .map(([name, names]) => `${name} ${names.join(",")}`)
    .join(" ");
}

const SIGNS = "▁▂▃▄▅▆▇█";
const WIDTH = 60;

/** One sign for each of `columns` stretches of time, by the mean of it; a gap where nothing is known. */
export function sparkline(values: readonly (number | null)[], max: number, columns = WIDTH): string {
  const step = Math.max(1, values.length / columns);
  let line = "";
  for (let at = 0; at < values.length; at += step) {
    const known = values.slice(Math.floor(at), Math.floor(at + step)).filter((value) => value !== null);
    if (known.length === 0) line += " ";
    else {
      const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
      line += SIGNS[Math.min(SIGNS.length - 1, Math.max(0, Math.floor((mean / max) * SIGNS.length)))];
    }
  }
  return line;
}

/** The last hour in lines of signs, each with what it is now. */
function historyText(usage: UsageHistory, paint: Paint): string {
  const minutes = Math.round((usage.cpu.length * usage.stepMs) / 60_000);
  const lines = (["cpu", "memory", "gpu", "load", "active"] as const).flatMap((name) => {
    const values = usage[name];
    const known = values.filter((value) => value !== null);
    if (known.length === 0) return [];
    const isShare = name !== "load" && name !== "active";
    const max = isShare ? 1 : Math.max(1, ...known);
    const last = known.at(-1)!;
    return [`${name.padEnd(7)} ${paint("cyan", sparkline(values, max))} ${isShare ? percent(last) : String(last)}`];
  });
  return lines.length === 0 ? "" : [`last ${minutes} minutes:`, ...lines].join("\n");
}
