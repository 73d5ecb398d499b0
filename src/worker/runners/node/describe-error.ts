/** Words for what went wrong in a plugin; loaded by the first error, for most calls have none. */
import { spawnSync } from "node:child_process";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { RunnerError } from "../messages.ts";
import type { Plugin } from "./plugin.ts";

const STACK_MAX = 8000;
const CHECK_MS = 5000;
const OWN = dirname(fileURLToPath(import.meta.url)) + sep;
const NOT_FOUND = new Set(["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"]);

export function describe(thrown: unknown, plugin: Plugin): RunnerError {
  if (!(thrown instanceof Error)) return { message: `threw ${shown(thrown)}`, kind: typeof thrown };
  const { name, message } = thrown;
  if (name === "UnknownAction") return { message, kind: "unknown_action", retryable: false };
  if (name === "NotJson") return { message, kind: "result", retryable: false };
  const said: RunnerError = { message: message === "" ? name : message, kind: name };
  const stack = stackOf(thrown, plugin);
  if (stack !== undefined) said.stack = stack;
  if (name === "FatalError" || (!plugin.isLoaded && isForGood(thrown))) said.retryable = false;
  said.message = wordsOf(thrown, said.message, plugin, stack);
  return said;
}

/** Another try would find the same file. */
function isForGood(error: Error): boolean {
  const code = codeOf(error);
  return error instanceof SyntaxError || NOT_FOUND.has(code) || code.startsWith("ERR_") || error.name === "SyntaxError";
}

function wordsOf(error: Error, message: string, plugin: Plugin, stack: string | undefined): string {
  const code = codeOf(error);
  const at = placeOf(stack);
  const text = short(message, plugin);
  if (NOT_FOUND.has(code)) {
    const first = text.split("\n")[0]!;
    return `${first}: a plugin brings what it imports in its own folder, and Node's own modules are named node:…`;
  }
  if (code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX")
    return `${at}${text}: only types can be left out of a plugin; write it without enum, namespace, decorators and parameter properties`;
  if (!plugin.isLoaded && (error instanceof SyntaxError || error.name === "SyntaxError"))
    return `${at === "" ? placeOf(checked(plugin)) : at}${error.name}: ${text}`;
  return text;
}

/** `report.ts, line 3: ` out of a stack that begins with the place, as those of syntax errors do. */
function placeOf(stack: string | undefined): string {
  const found = /^(\S+?):(\d+)(?::\d+)?\n/.exec(stack ?? "");
  return found === null ? "" : `${found[1]}, line ${found[2]}: `;
}

/** What Node says of the file when it is only to read it: of JavaScript, an error itself does not say the place. */
function checked(plugin: Plugin): string | undefined {
  const { folder, entry } = plugin.settings;
  try {
    const { stderr } = spawnSync(process.execPath, ["--check", join(folder, entry)], {
      encoding: "utf8",
      timeout: CHECK_MS,
    });
    return short(stderr, plugin);
  } catch {
    return undefined;
  }
}

function codeOf(error: Error): string {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : "";
}

/** Without the frames of the runner and of Node, and with paths as the plugin's author knows them. */
function stackOf({ stack }: Error, plugin: Plugin): string | undefined {
  if (stack === undefined) return undefined;
  const lines = stack.split("\n").filter((line) => {
    if (!/^\s+at /.test(line)) return true;
    return (
      !line.includes(OWN) && !line.includes("node:internal") && !/\bat (?:new )?Promise \(<anonymous>\)/.test(line)
    );
  });
  return short(lines.join("\n"), plugin).slice(0, STACK_MAX);
}

function short(text: string, { settings: { folder } }: Plugin): string {
  const inner = folder + sep;
  return text.replaceAll(`file://${inner.replaceAll(sep, "/")}`, "").replaceAll(inner, "");
}

function shown(value: unknown): string {
  try {
    return (typeof value === "string" ? value : (JSON.stringify(value) ?? String(value))).slice(0, 1000);
  } catch {
    return String(value);
  }
}
