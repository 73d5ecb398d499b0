/**
 * Settings of one trigger: what starts tasks from outside. What stands inside of `webhook`, `watch`, `stream` and `task` is
 * read where triggers are made.
 */
import type { Json } from "../../base/words.ts";
import { type Reader, Refusal, setting } from "../setting.ts";
import { line, orNone, rate } from "../values.ts";

/** Text, or values by name as JSON has them; where these are read, it is known what they mean. */
function given(): Reader<string | Record<string, Json> | null> {
  return (value) => {
    if (value === null || value === "none" || value === "") return null;
    try {
      const read = typeof value === "string" && value.trim().startsWith("{") ? (JSON.parse(value) as unknown) : value;
      if (typeof read === "string") return read;
      if (typeof read === "object" && read !== null && !Array.isArray(read)) return read as Record<string, Json>;
    } catch {
      // Told below.
    }
    return new Refusal("must be a mapping of names to values, or a text");
  };
}

export const triggerSettings = {
  webhook: setting(given(), "none", "Requests to `/hooks/NAME`: how a sender proves who it is, `{verify: github}`."),
  watch: setting(given(), "none", "Files whose changes start it: a path or a pattern, or `{path, on, settle, …}`.", {
    path: ["path"],
  }),
  stream: setting(
    given(),
    "none",
    "Lines that start it: `{file}`, `{fifo}`, `{unix}`, `{tcp}` or `{nats}`, with `format` and `batch`.",
    { path: ["file", "fifo", "unix"] },
  ),
  secret: setting(
    orNone(line("a text"), "a text"),
    "none",
    "What a sender shares with this server; several between spaces are all good.",
    { secret: true },
  ),
  when: setting(orNone(line("an expression"), "an expression"), "none", "Condition on `event`, in CEL."),
  rate: setting(rate(), "100/1s", "Most requests to its webhook."),
  task: setting(given(), "none", "The task that an event starts, with `${{ event.… }}` in it."),
  workflow: setting(orNone(line("a name"), "a name"), "none", "Or the registered workflow that it runs."),
  params: setting(given(), "none", "Params of that workflow, with `${{ event.… }}` in them."),
  arm: setting(
    orNone(line("a name"), "a name"),
    "by its source",
    "Arm of what it starts: `watchers` for files, `streams` for lines, else as the task says.",
  ),
};

/** Defaults within one trigger. */
export const TRIGGER_DEFAULTS: Record<keyof typeof triggerSettings, unknown> = {
  webhook: null,
  watch: null,
  stream: null,
  secret: null,
  when: null,
  rate: "100/1s",
  task: null,
  workflow: null,
  params: null,
  arm: null,
};
