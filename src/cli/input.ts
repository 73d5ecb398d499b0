/** Reads what commands are given: files, and standard input under the name `-`. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { OctopusError } from "../base/errors.ts";
import type { Client } from "../client/mod.ts";
import type { TaskSubmission } from "../protocol/task.ts";
import { usage } from "./read.ts";

/** The file as a stream, or standard input. */
export async function openInput(name: string): Promise<Readable> {
  if (name === "-") return process.stdin;
  try {
    if ((await stat(name)).isDirectory()) throw usage(`${name} is a folder, not a file`);
  } catch (error) {
    if (error instanceof OctopusError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    throw usage(`cannot read ${name}: ${code === "ENOENT" ? "it does not exist" : code}`);
  }
  return createReadStream(name);
}

/** All of it as text, up to a bound. */
export async function readText(name: string, bytesMax: number): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of await openInput(name)) {
    parts.push(part as Buffer);
    bytes += (part as Buffer).length;
    if (bytes > bytesMax) throw new OctopusError("too_large", `${nameOfInput(name)} has more than ${bytesMax} bytes`);
  }
  return Buffer.concat(parts).toString("utf8");
}

export function linesOf(input: Readable): AsyncIterable<string> {
  return createInterface({ input, crlfDelay: Infinity });
}

/** Largest JSON array that is read whole; lines of JSON have no bound. */
const ARRAY_BYTES_MAX = 1024 ** 3;

/** The tasks in a JSON array, in one JSON object, or in lines of JSON; read as they are needed. */
export async function* readTasks(name: string): AsyncGenerator<TaskSubmission> {
  const input = await openInput(name);
  let isFirst = true;
  let number = 0;
  let whole: string[] | undefined;
  let bytes = 0;
  for await (const line of linesOf(input)) {
    number++;
    if (isFirst && line.trim() === "") continue;
    // An array, or an object that goes on in the next line, is no list of lines.
    if (isFirst && (/^\s*\[/.test(line) || !isJson(line))) whole = [];
    isFirst = false;
    if (whole !== undefined) {
      bytes += line.length + 1;
      if (bytes > ARRAY_BYTES_MAX)
        throw new OctopusError(
          "too_large",
          `${nameOfInput(name)} is too large to be one array; write one task per line`,
        );
      whole.push(line);
    } else if (line.trim() !== "") yield objectOf(line, `${nameOfInput(name)}:${number}`);
  }
  if (whole === undefined) return;
  const value = jsonOf(whole.join("\n"), nameOfInput(name));
  if (Array.isArray(value)) yield* value.map((task, i) => taskOf(task, `${nameOfInput(name)}[${i}]`));
  else yield taskOf(value, nameOfInput(name));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function jsonOf(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw usage(`${where} is not JSON: ${(error as Error).message}`);
  }
}

function objectOf(line: string, where: string): TaskSubmission {
  return taskOf(jsonOf(line, where), where);
}

function taskOf(value: unknown, where: string): TaskSubmission {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw usage(`${where} must be a task, such as {"shell": "echo hi"}, not ${JSON.stringify(value).slice(0, 80)}`);
}

function nameOfInput(name: string): string {
  return name === "-" ? "standard input" : name;
}

/** Commands run where they were submitted, as far as the server's machine is this one. */
export function localFolder(client: Client): string | undefined {
  const { hostname } = new URL(client.url);
  return /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(hostname) ? process.cwd() : undefined;
}
