/** An event: something that has come to pass outside, for which a trigger may start a task. */
import { hash } from "node:crypto";
import type { Json } from "../base/words.ts";
import type { TriggerKind } from "../protocol/trigger.ts";

/** What expressions see as `event`. */
export type EventData = { readonly [field: string]: Json } & { readonly id: string };

/** Fields that every event has. */
const COMMON = ["id", "trigger", "at"] as const;

/** Fields of an event, by the kind of trigger. */
export const EVENT_FIELDS: Readonly<Record<TriggerKind, readonly string[]>> = {
  webhook: [...COMMON, "body", "headers", "query"],
  watch: [...COMMON, "path", "name", "change", "bytes", "mtime", "sha256"],
  stream: [...COMMON, "body", "source", "offset", "subject", "count"],
};

/** Longest id that an event has as it comes; a longer or an odd one is hashed. */
const ID_MAX = 64;

/** An id that may be part of the id of a task, equal for equal texts. */
export function eventId(text: string): string {
  return text.length <= ID_MAX && /^[A-Za-z0-9_.-]+$/.test(text) ? text : digest(text);
}

/** Short, and different for different texts. */
export function digest(text: string | Uint8Array): string {
  return hash("sha256", text, "hex").slice(0, 32);
}

/** The id of the task that the event starts: the same event never starts two. */
export function taskIdOf(trigger: string, event: EventData): string {
  return `trigger:${trigger}:${event.id}`;
}
