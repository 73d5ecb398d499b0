/**
 * The JSON Schema of workflow files, for editors that complete and check as one writes, and the explanation of each key.
 * Both are made of the notes. What a schema cannot say (names that must exist, cycles) is left to `octopus validate`.
 */
import { nearest } from "../base/nearest.ts";
import { OctopusError } from "../base/errors.ts";
import type { Json } from "../base/words.ts";
import { type Note, type Notes, keysOf, type Schema } from "./note.ts";
import { TASK_NOTES } from "./notes-tasks.ts";
import { TOP_NOTES } from "./notes-top.ts";
import { FOLLOWER_KEYS } from "./task-keys.ts";

const TYPES = ["string", "number", "integer", "boolean", "array", "object"];

export function workflowSchema(): { [key: string]: Json } {
  const { $defs, ...root } = definitions();
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",

    title: "A workflow of Octopus",
    ...root,
    $defs: $defs!,
  };
}

function definitions(): Schema {
  const follower = Object.fromEntries(
    Object.entries(TASK_NOTES).filter(([key]) => Object.hasOwn(FOLLOWER_KEYS, key) || HANDLER_ONLY.has(key)),
  );
  const command: Schema = { type: "string", minLength: 1 };
  return {
    ...keysOf(TOP_NOTES, ["tasks"]),
    $defs: {
      workflow: { ...keysOf(TOP_NOTES, ["tasks"]) },
      task: { description: "A command, or a task.", anyOf: [command, keysOf(TASK_NOTES)] },
      follower: { description: "A command, or a task that nothing needs.", anyOf: [command, keysOf(follower)] },
      type: { enum: TYPES },
    },
  };
}

/** Keys that handlers and compensations have beside those of tasks that follow. */
const HANDLER_ONLY: ReadonlySet<string> = new Set(
  [
    "when",
    "each",
    "matrix",
    "maxParallel",
    "failFast",
    "continueOn",
    "allowFailure",
    "outputs",
    "repeat",
    "approval",
  ].concat(["artifacts", "estimate", "runTimeout", "target", "workflow", "pipeline", "params"]),
);

/** What the key at this path means: `tasks.each`, `params.minimum`, `on.failure`. Throws `invalid` with what is near. */
export function explainKey(path: string): string {
  const steps = path.split(".").filter((step) => step !== "");
  let notes: Notes = TOP_NOTES;
  let note: Note | undefined;
  const walked: string[] = [];
  for (const [index, step] of steps.entries()) {
    const found = Object.hasOwn(notes, step) ? notes[step] : undefined;
    if (found === undefined) {
      // The name of a task, a param, an output: what comes after it is a key again.
      const isName = index > 0 && holdsNames(steps[index - 1]!, note) && index + 1 < steps.length;
      if (isName) continue;
      throw unknownKey(path, walked, step, notes);
    }
    note = found;
    walked.push(step);
    notes = step === "tasks" && index === 0 ? TASK_NOTES : (found.keys ?? found.each ?? {});
  }
  return note === undefined ? list("a workflow", TOP_NOTES) : textOf(walked.join("."), note, notes);
}

function holdsNames(step: string, note: Note | undefined): boolean {
  return step === "tasks" || note?.each !== undefined;
}

function unknownKey(path: string, walked: readonly string[], step: string, notes: Notes): OctopusError {
  const where = walked.length === 0 ? "a workflow" : walked.join(".");
  const known = Object.keys(notes);
  const near = nearest(step, known);
  const words = near === undefined ? "" : ` (did you mean ${near}?)`;
  const rest = known.length === 0 ? `${where} has no keys of its own` : `known are ${known.join(", ")}`;
  const message = `${where} has no key ${JSON.stringify(step)}${words}; ${rest}`;
  return new OctopusError("invalid", message, { issues: [{ path, message }] });
}

function textOf(path: string, { about, form, example }: Note, keys: Notes): string {
  const lines = [`${path}: ${form}`, "", ...wrap(about, 100)];
  if (example !== undefined) lines.push("", ...example.split("\n").map((line) => `    ${line}`));
  if (Object.keys(keys).length > 0) lines.push("", list(path, keys).trimEnd());
  return `${lines.join("\n")}\n`;
}

/** Keys with what each is for, in short. */
function list(where: string, notes: Notes): string {
  const width = Math.max(...Object.keys(notes).map((key) => key.length));
  const lines = Object.entries(notes).map(([key, { about }]) => `  ${key.padEnd(width)}  ${firstSentence(about)}`);
  return `Keys of ${where}:\n${lines.join("\n")}\n`;
}

/** A sentence ends where a capital letter follows. */
function firstSentence(text: string): string {
  return /^.*?[.](?= [A-Z$]|$)/.exec(text)?.[0] ?? text;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + word.length >= width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
