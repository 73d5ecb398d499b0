/** Events as lines of a trace. */
import type { Event } from "../../src/core/event.ts";

export function tellEvent(event: Event): string {
  const { type, ...rest } = event;
  const text = JSON.stringify(rest, (key, value: unknown) =>
    key === "work" || key === "policy" || key === "hash" ? undefined : value,
  );
  return `${type} ${text.length > 600 ? `${text.slice(0, 600)}…` : text}`;
}
