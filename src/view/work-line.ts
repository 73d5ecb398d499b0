/** What a task does in one line, as far as its work is known: it comes as JSON, perhaps from a newer server. */
import type { Json } from "../base/words.ts";

interface AnyWork {
  shell?: { command?: string };
  http?: { method?: string; url?: string };
  plugin?: { name?: string; action?: string; args?: Json[]; kwargs?: Record<string, Json> };
  docker?: { image?: string; command?: string[] };
  wasm?: { module?: string; args?: string[] };
  custom?: { uses?: string; with?: Record<string, Json> };
}

/** Undefined for work that says no more than its type. */
export function workLine(work: unknown): string | undefined {
  const { shell, http, plugin, docker, wasm, custom } = (work ?? {}) as AnyWork;
  if (shell?.command !== undefined) return shell.command;
  if (http !== undefined) return `${http.method ?? "GET"} ${http.url ?? ""}`;
  if (plugin !== undefined) return callLine(plugin);
  if (docker !== undefined) return [docker.image, ...commandOf(docker.command)].join(" ");
  if (wasm !== undefined) return [wasm.module, ...(wasm.args ?? [])].join(" ");
  if (custom !== undefined) return `${custom.uses} ${named(custom.with)}`.trimEnd();
  return undefined;
}

function callLine({ name, action, args = [], kwargs = {} }: NonNullable<AnyWork["plugin"]>): string {
  const values = args.map((value) => JSON.stringify(value));
  if (Object.keys(kwargs).length > 0) values.push(named(kwargs));
  return `${name}${action === undefined || action === "main" ? "" : `.${action}`}(${values.join(", ")})`;
}

/** A command line as it was written, without the shell that reads it. */
function commandOf(command: readonly string[] = []): readonly string[] {
  return command[0] === "/bin/sh" && command[1] === "-c" ? command.slice(2) : command;
}

function named(values: Record<string, Json> = {}): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(", ");
}
