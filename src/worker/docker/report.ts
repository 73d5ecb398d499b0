/** What became of a container, in words. */
import { formatSize } from "../../base/duration.ts";
import type { AttemptReport } from "../../protocol/link.ts";
import type { DockerWork } from "../../protocol/work/docker.ts";
import { EXIT_SKIP, exitText } from "../executors/command-report.ts";
import { stoppedOutcome } from "../executors/stopped.ts";
import type { EngineError } from "./client.ts";
import type { ContainerEnd } from "./container.ts";

/** What `timeout(1)` exits with. */
const EXIT_TIMED_OUT = 124;
const EXIT_KILLED = 137;
/** The init program says so of a program that is not there. */
const INIT_FAILED = /^\[FATAL tini \(\d+\)\] exec (.+) failed: (.+)$/;

/** One that ended. `lastErrorLine` is empty when there is none that says something. */
export function describeEnd(
  end: ContainerEnd,
  work: DockerWork,
  signal: AbortSignal,
  lastErrorLine: string,
): AttemptReport {
  const { exitCode } = end;
  if (signal.aborted) {
    const outcome = stoppedOutcome(signal);
    return { outcome, exitCode: outcome === "timed_out" ? EXIT_TIMED_OUT : exitCode };
  }
  if (exitCode === 0 || exitCode === EXIT_SKIP) return { outcome: "succeeded", exitCode };
  const said = lastErrorLine === "" ? "" : `: ${lastErrorLine}`;
  if (end.isOom) return { outcome: "failed", exitCode, error: { message: oomText(work) + said, kind: "oom" } };
  const missing = INIT_FAILED.exec(lastErrorLine);
  if (missing !== null && (exitCode === 127 || exitCode === 126))
    return notStarted(`cannot start ${missing[1]} in ${work.image}: ${missing[2]!.toLowerCase()}; check "command"`);
  let message = exitText(exitCode) + said;
  // Not every engine tells the one from the other.
  if (exitCode === EXIT_KILLED && work.memory !== undefined)
    message += `; perhaps because it reached its limit of memory, ${formatSize(work.memory)} (memory)`;
  if (!end.isWhole) message += "; the connection to the container engine broke meanwhile, perhaps it was restarted";
  return { outcome: "failed", exitCode, error: { message, kind: "exit" } };
}

function notStarted(message: string): AttemptReport {
  return { outcome: "failed", error: { message, kind: "start" }, retryable: false };
}

function oomText({ memory }: DockerWork): string {
  if (memory === undefined)
    return "ran out of memory, with no limit of its own: the machine had none left; let it use less, or run it on a larger worker";
  return `ran out of memory: it reached its limit of ${formatSize(memory)} (memory); raise that, or let it use less`;
}

/** What the engine says of a container that it would not make or start, and what a person can do about it. */
const REFUSALS: readonly { words: RegExp; kind: string; message: (work: DockerWork, words: string) => string }[] = [
  {
    words: /network \S+ not found|unable to find network/i,
    kind: "network",
    message: ({ network }) => `there is no network ${network} on this worker's engine; make it (docker network create)`,
  },
  {
    words: /no command specified|no command or entrypoint/i,
    kind: "start",
    message: () => 'the image names no program, and the task no command; add a "command"',
  },
  {
    words: /exec: .*(not found|no such file|permission denied|is a directory)|executable file .* not found/i,
    kind: "start",
    message: ({ image, entrypoint, command }, words) => {
      const why = /not found in \$PATH|no such file|permission denied|is a directory/i.exec(words)?.[0] ?? "not found";
      const program = entrypoint?.[0] ?? command?.[0] ?? "its program";
      return `cannot start ${program} in ${image}: ${why.toLowerCase().replace("$path", "$PATH")}; check "command"`;
    },
  },
  {
    words: /chdir to cwd|unable to find user|no matching entries in passwd|invalid user/i,
    kind: "start",
    message: ({ image }, words) => `cannot start ${image}: ${words}; check "cwd" and "user"`,
  },
  {
    words: /could not select device driver|nvidia|unresolvable CDI/i,
    kind: "start",
    message: ({ image }, words) =>
      `cannot start ${image} with GPUs: ${words}; the engine needs the NVIDIA container toolkit for that`,
  },
];

/** The engine would not make or start the container. */
export function describeRefusal(error: EngineError, work: DockerWork): AttemptReport {
  const words = error.message.replace(/\s+/g, " ").replace(/: unknown$/, "");
  const known = REFUSALS.find((each) => each.words.test(words));
  const failed = (message: string, kind: string, retryable: boolean): AttemptReport => ({
    outcome: "failed",
    error: { message, kind },
    retryable,
  });
  if (known !== undefined) return failed(known.message(work, words), known.kind, false);
  // 4xx: what was asked for is wrong. 5xx: the engine has trouble, which may pass.
  return failed(`the container engine refused ${work.image}: ${words}`, "start", error.status >= 500);
}
