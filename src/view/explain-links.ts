/**
 * What a reader can do about a reason for waiting: where to look, and what would end it. The words of reasons come from the
 * server; the codes are those of core's `explain`. A code that is not known here is shown as it is, without a link.
 */
import type { TaskDetail } from "../protocol/views.ts";
import { shellQuote } from "./commands.ts";

/** Where a link leads. */
export interface Place {
  screen: "task" | "run" | "arm" | "worker" | "workers" | "tasks" | "plugins" | "settings";
  /** The id or the name there. */
  name?: string;
}

/** What can be done at once. */
export type Remedy =
  | { kind: "raise-limit"; label: string; arm: string }
  | { kind: "resume-arm"; label: string; arm: string }
  | { kind: "resume-worker"; label: string; worker: string }
  | { kind: "approve"; label: string }
  | { kind: "start-now"; label: string }
  /** A command to be run somewhere, to copy. */
  | { kind: "command"; label: string; command: string };

export interface ReasonHelp {
  link?: { label: string; to: Place };
  remedy?: Remedy;
}

interface Reason {
  code: string;
  message: string;
  about?: string | undefined;
}

type Asked = Pick<TaskDetail, "arm"> & Partial<Pick<TaskDetail, "target" | "resources">>;

export function helpFor(reason: Reason, task: Asked): ReasonHelp {
  const { code, about } = reason;
  switch (code) {
    case "arm_full":
      return {
        ...toArm(about ?? task.arm),
        remedy: { kind: "raise-limit", label: "Raise its limit", arm: about ?? task.arm },
      };
    case "arm_disabled":
      return {
        ...toArm(about ?? task.arm),
        remedy: { kind: "resume-arm", label: "Resume the arm", arm: about ?? task.arm },
      };
    case "arm_rate":
    case "ahead":
      return toArm(about ?? task.arm);
    case "needs":
    case "cause":
    case "unique":
    case "cache":
    case "key_full":
    case "mutex_held":
    case "run_full":
    case "each_full":
    case "quota_concurrent":
      return isTask(about) ? { link: { label: linkWords(code, about), to: { screen: "task", name: about } } } : {};
    case "role":
    case "run":
      return about === undefined ? {} : { link: { label: `Open ${about}`, to: { screen: "run", name: about } } };
    case "approval":
      return { remedy: { kind: "approve", label: "Approve or reject" } };
    case "due":
    case "backoff":
      return { remedy: { kind: "start-now", label: "Start now" } };
    case "no_worker":
      return { link: WORKERS, remedy: startWorker(task) };
    case "worker_draining":
      return about === undefined
        ? { link: WORKERS }
        : { ...toWorker(about), remedy: { kind: "resume-worker", label: "Let it take work again", worker: about } };
    case "labels":
    case "arm_not_served":
    case "resources":
    case "units":
    case "function_missing":
    case "kind_missing":
      return { ...toWorker(about), remedy: startWorker(task) };
    case "worker_gone":
      return { ...toWorker(about), remedy: startWorker(task, about) };
    case "other_worker":
    case "reserved":
    case "worker_reserved":
    case "worker_busy":
    case "worker_silent":
    case "apart":
      return toWorker(about);
    default:
      return {};
  }
}

const WORKERS = { label: "All workers", to: { screen: "workers" } } as const;

function toArm(name: string): ReasonHelp {
  return { link: { label: `Arm ${name}`, to: { screen: "arm", name } } };
}

function toWorker(name: string | undefined): ReasonHelp {
  return { link: name === undefined ? WORKERS : { label: `Worker ${name}`, to: { screen: "worker", name } } };
}

/** `about` of a gate is its holder, or the name of the gate where nobody holds it any more. */
function isTask(about: string | undefined): about is string {
  return about !== undefined && about !== "";
}

function linkWords(code: string, about: string): string {
  return code === "needs" || code === "cause" ? `Open ${about}` : `Open the holder, ${about}`;
}

/** The command that starts a worker which would take this task, as far as that can be said. */
export function startWorker(task: Asked, name?: string): Remedy {
  const words = ["octopus", "worker"];
  if (name !== undefined) words.push("--name", shellQuote(name));
  const labels = labelsOf(task.target);
  if (labels.length > 0) words.push("--labels", shellQuote(labels.join(",")));
  const amounts = Object.entries(task.resources ?? {}).map(([resource, amount]) => `${resource}=${amount}`);
  if (amounts.length > 0) words.push("--resources", shellQuote(amounts.join(",")));
  return { kind: "command", label: "Start a worker that fits", command: words.join(" ") };
}

/** Labels that a selector asks for: of `gpu, zone in (attic, cellar), os != windows` these are `gpu` and `zone=attic`. */
function labelsOf(target: unknown): string[] {
  const text = (target as { labels?: unknown } | null | undefined)?.labels;
  if (typeof text !== "string") return [];
  const found: string[] = [];
  for (const term of text.split(/,(?![^(]*\))/)) {
    const equal = /^\s*([^\s=!(),]+)\s*==?\s*(.+?)\s*$/.exec(term);
    const among = /^\s*([^\s=!(),]+)\s+in\s*\(\s*([^,)]+?)\s*[,)]/.exec(term);
    const there = /^\s*([^\s=!(),]+)\s*$/.exec(term);
    if (equal) found.push(`${equal[1]}=${equal[2]!.replace(/^(["'])(.*)\1$/, "$2")}`);
    else if (among) found.push(`${among[1]}=${among[2]}`);
    else if (there) found.push(there[1]!);
  }
  return found;
}
