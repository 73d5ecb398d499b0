/**
 * Reads the tasks of a bulk submission as its bytes arrive: cuts, parses and validates piece by piece.
 *
 * I1  `take` never holds the loop for long: a piece is at most one chunk and one element.
 * I2  Nothing is answered before `finish`; one bad element refuses all.
 */
import { isUtf8 } from "node:buffer";
import { type Issue, OctopusError } from "../base/errors.ts";
import { formatSize } from "../base/duration.ts";
import { parseTask, readTask } from "../protocol/task-fast.ts";
import type { TaskSpec } from "../protocol/task.ts";
import { parseJson } from "./body.ts";
import { createArraySplitter, createLineSplitter, type Piece, type Splitter } from "./split.ts";

/** Problems named in one answer; after as many nobody reads on. */
const ISSUES_MAX = 20;

/** Bytes that are cut and parsed at a time: about a millisecond of work. */
const SLICE_BYTES = 64 * 1024;

export interface Intake {
  /** Takes the next bytes; throws what makes the whole body unreadable. */
  take(chunk: Buffer): void;
  /** Everything has arrived: the tasks in order, or throws `invalid` with what is wrong with them. */
  finish(): TaskSpec[];
}

/** An intake for a JSON array, or for one JSON object per line. */
export function createIntake(form: "array" | "lines", taskBytesMax: number): Intake {
  const splitter: Splitter = form === "array" ? createArraySplitter(taskBytesMax) : createLineSplitter(taskBytesMax);
  const read = form === "array" ? readElements : readLines;
  const specs: TaskSpec[] = [];
  const issues: Issue[] = [];

  const accept = (value: unknown, bytes: number, where: string): void => {
    if (bytes > taskBytesMax) {
      throw new OctopusError(
        "too_large",
        `${where} has ${formatSize(bytes)}; the limit for a task is ${formatSize(taskBytesMax)}`,
      );
    }
    const spec = readTask(value) ?? readSlowly(value, where);
    if (spec !== undefined) specs.push(spec);
  };
  const readSlowly = (value: unknown, where: string): TaskSpec | undefined => {
    try {
      return parseTask(value, form === "array" ? where : "");
    } catch (error) {
      if (!(error instanceof OctopusError) || error.code !== "invalid") throw error;
      if (form === "array") issues.push(...error.issues);
      else for (const { path, message } of error.issues) issues.push({ path: `${where}: ${path}`.trimEnd(), message });
      if (issues.length >= ISSUES_MAX) throw refusal(issues);
      return undefined;
    }
  };

  return {
    take(chunk) {
      for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
        const piece = splitter.push(chunk.subarray(at, at + SLICE_BYTES));
        if (piece !== undefined) read(piece, taskBytesMax, accept);
      }
    },
    finish() {
      const piece = splitter.end();
      if (piece !== undefined) read(piece, taskBytesMax, accept);
      if (issues.length > 0) throw refusal(issues);
      return specs;
    },
  };
}

type Accept = (value: unknown, bytes: number, where: string) => void;

/** All elements of the piece by one `JSON.parse`; one by one only to find out which is at fault. */
function readElements(piece: Piece, taskBytesMax: number, accept: Accept): void {
  const text = utf8(piece.bytes, `tasks[${piece.first}] to tasks[${piece.first + piece.count - 1}]`);
  let values: unknown[] | undefined;
  try {
    values = JSON.parse(`[${text}]`) as unknown[];
  } catch {
    values = undefined;
  }
  if (values?.length !== piece.count) return blame(piece, text);
  // Sizes of single elements are only worth finding when one of them can be over the limit.
  const sizes = piece.bytes.length > taskBytesMax ? elementsOf(text).map((one) => Buffer.byteLength(one)) : undefined;
  for (let i = 0; i < values.length; i++) accept(values[i], sizes?.[i] ?? 0, `tasks[${piece.first + i}]`);
}

/** Throws for the first element that does not parse. */
function blame(piece: Piece, text: string): never {
  for (const [i, element] of elementsOf(text).entries()) {
    const where = `tasks[${piece.first + i}]`;
    if (element.trim() === "") throw new OctopusError("malformed", `${where} is missing: there is a comma too many`);
    parseJson(element, where);
  }
  throw new OctopusError("malformed", `the array is not valid JSON near tasks[${piece.first}]`);
}

/** The texts between the commas of the piece's own level. */
function elementsOf(text: string): string[] {
  const elements: string[] = [];
  let depth = 0;
  let inString = false;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (inString) {
      if (char === "\\") at++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "[" || char === "{") depth++;
    else if (char === "]" || char === "}") depth--;
    else if (char === "," && depth === 0) {
      elements.push(text.slice(start, at));
      start = at + 1;
    }
  }
  elements.push(text.slice(start));
  return elements;
}

function readLines(piece: Piece, taskBytesMax: number, accept: Accept): void {
  const text = utf8(piece.bytes, `line ${piece.first + 1} or one of the ${piece.count - 1} after it`);
  let start = 0;
  for (let i = 0; i < piece.count; i++) {
    const newline = text.indexOf("\n", start);
    const line = text.slice(start, newline === -1 ? undefined : newline);
    start = newline + 1;
    if (line === "" || line.trim() === "") continue;
    const where = `line ${piece.first + i + 1}`;
    // A character takes at most three bytes: exact bytes are worth counting only near the limit.
    const bytes = line.length * 3 > taskBytesMax ? Buffer.byteLength(line) : 0;
    accept(parseJson(line, where), bytes, where);
  }
}

function utf8(bytes: Buffer, where: string): string {
  if (!isUtf8(bytes)) throw new OctopusError("malformed", `${where} is not valid UTF-8`);
  return bytes.toString("utf8");
}

function refusal(issues: readonly Issue[]): OctopusError {
  const first = issues.slice(0, ISSUES_MAX);
  const text = first.map((issue) => `${issue.path} ${issue.message}`).join("; ");
  return new OctopusError("invalid", `nothing was submitted: ${text}`, { issues: first });
}
