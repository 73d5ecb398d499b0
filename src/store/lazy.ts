/**
 * Databases beside the main one, opened when something is written to them or read from them: most namespaces never write a
 * line of output or refuse anybody, and each open database costs three files and 100 KB.
 */
import { existsSync } from "node:fs";
import type { FollowingLogs } from "../cluster/output.ts";
import type { Audit } from "../engine/ports.ts";
import { openAudit } from "./audit.ts";
import { closeSoon } from "./database.ts";
import { openLogs } from "./logs.ts";

export function lazyLogs(path: string): FollowingLogs & { close(): void } {
  const { get, opened } = once(() => openLogs(path));
  /** There is nothing to remove in a database that is not there. */
  const there = (): ReturnType<typeof get> | undefined => opened() ?? (existsSync(path) ? get() : undefined);
  return {
    append: (chunks, place) => get().append(chunks, place),
    read: (task, attempt, range) => there()?.read(task, attempt, range) ?? [],
    extent: (task, attempt) => there()?.extent(task, attempt),
    locate: (task, attempt, line) => get().locate(task, attempt, line),
    remove: (tasks) => there()?.remove(tasks),
    prune: (endedBefore, bytesMax) => there()?.prune(endedBefore, bytesMax),
    place: () => there()?.place(),
    count: (chunk) => there()?.count(chunk) ?? 0,
    close: () => end(path, opened()),
  };
}

export function lazyAudit(path: string): Audit & { close(): void } {
  const { get, opened } = once(() => openAudit(path));
  return {
    append: (entries) => get().append(entries),
    read: (filter) => get().read(filter),
    prune: (before, rowsMax) => (opened() ?? (existsSync(path) ? get() : undefined))?.prune(before, rowsMax),
    close: () => end(path, opened()),
  };
}

function end(path: string, open: { close(): void } | undefined): void {
  if (open !== undefined) closeSoon(path, () => open.close());
}

function once<T>(open: () => T): { get(): T; opened(): T | undefined } {
  let value: T | undefined;
  return { get: () => (value ??= open()), opened: () => value };
}
