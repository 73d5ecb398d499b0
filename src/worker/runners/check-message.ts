/**
 * Whether what a runner sent is a message. A plugin shares its process with the runner's end of the connection: what it
 * writes there by accident or by intent must end that process, and never the worker.
 */
import type { FromRunner } from "./messages.ts";

/** Looks at what the worker relies on; what a result holds is anybody's affair. */
export function isMessage(value: unknown): value is FromRunner {
  if (typeof value !== "object" || value === null) return false;
  const said = value as Record<string, unknown>;
  switch (said["t"]) {
    case "done":
      return isNumber(said["n"]) && isNumber(said["ms"]) && isError(said["error"]) && isNumberOrNone(said["cpu"]);
    case "log":
      return isText(said["text"]);
    case "progress":
      return isNumber(said["value"]) && isTextOrNone(said["message"]);
    case "ask":
      return isNumber(said["id"]) && isQuestion(said);
    case "ready":
      return isNumber(said["pid"]);
    case "held":
    case "bye":
      return true;
    default:
      return false;
  }
}

function isQuestion({ what, path, text, base64, file, name, action }: Record<string, unknown>): boolean {
  if (what === "artifact") return isText(path) && [text, base64, file].every(isTextOrNone);
  return what === "adapter" && isText(name) && isText(action);
}

function isError(error: unknown): boolean {
  if (error === undefined) return true;
  if (!isMapping(error)) return false;
  return isText(error["message"]) && isText(error["kind"]) && isTextOrNone(error["stack"]);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNumber(value: unknown): boolean {
  return typeof value === "number";
}

function isNumberOrNone(value: unknown): boolean {
  return value === undefined || typeof value === "number";
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isTextOrNone(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}
