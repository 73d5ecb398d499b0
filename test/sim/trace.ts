/** Events as lines of a trace. */
import type { Event } from "../../src/core/event.ts";

/** `durationMs` is of the machine's clock: a digit more would cut the line elsewhere, and one seed has one trace. */
const UNTOLD = new Set(["work", "policy", "hash", "durationMs", "stack"]);

export function tellEvent(event: Event): string {
  const { type, ...rest } = event;
  const text = JSON.stringify(rest, (key, value: unknown) => (UNTOLD.has(key) ? undefined : value));
  return `${type} ${text.length > 600 ? `${text.slice(0, 600)}…` : text}`;
}
