/** Why tasks and runs are where they are, in lines. */
import type { TaskState } from "../base/words.ts";
import type { Explanation } from "../protocol/views.ts";
import type { RunExplanation } from "../protocol/run-views.ts";
import { colourOf, type Paint } from "./paint.ts";
import { clean } from "./text.ts";
import { moment, relative, until } from "./time.ts";

type Reason = Explanation["reasons"][number];
type Group = RunExplanation["groups"][number];

/** The first reason in the first line, where it is the summary; the others below it. */
export function explanationText({ id, summary, reasons }: Explanation, now: number): string {
  const [first, ...others] = reasons;
  if (first === undefined || !summary.includes(first.message))
    return [`${id}  ${clean(summary)}`, ...list(reasons, now)].join("\n");
  const isWhole = summary.startsWith(first.message);
  return [`${id}  ${isWhole ? sentence(first, now) : clean(summary)}`, ...list(others, now)].join("\n");
}

/** What is said of the run, and a line for each reason that several of its tasks may share. */
export function runExplanationText(found: RunExplanation, { paint }: { paint: Paint }, now: number): string {
  const lines = found.groups.map((group) => {
    const count = `${group.count} ${group.state}`;
    return `  ${paint(colourOf(group.state), count)}: ${sentence(group, now)}\n    ${clean(namesOf(group))}`;
  });
  return [`${found.id}  ${clean(found.summary)}`, ...lines, ...restLines(found)].join("\n");
}

/** What is not told: tasks that were not looked at, reasons that are too many. */
function restLines({ id, counts, lookedAt = {}, more = false }: RunExplanation): string[] {
  const states = Object.entries(lookedAt) as [TaskState, number][];
  const lines = states.map(
    ([state, looked]) =>
      `  … the newest ${looked} of ${counts[state]} ${state} were looked at: octopus ls --run ${id} --state ${state}`,
  );
  return more && lines.length === 0 ? ["  … and more reasons, of fewer tasks each"] : lines;
}

function namesOf({ tasks, count }: Group): string {
  const names = tasks.map(({ id, name }) => (name === undefined ? id : `${name} (${id})`)).join(", ");
  return count > tasks.length ? `${names} and ${count - tasks.length} more` : names;
}

function list(reasons: readonly Reason[], now: number): string[] {
  return reasons.map((reason) => `  - ${sentence(reason, now)}`);
}

/** What is said, with the holder where the words do not name it, and the time at which it changes. */
function sentence({ code, message, about, until: at }: Reason, now: number): string {
  const who = about === undefined || message.includes(about) ? "" : clean(about);
  const when =
    at === undefined ? "" : code === "expires" ? `at ${moment(at, now)}, ${relative(at, now)}` : until(at, now);
  const more = [who, when].filter(Boolean).join("; ");
  return `${clean(message)}${more === "" ? "" : ` (${more})`}`;
}
