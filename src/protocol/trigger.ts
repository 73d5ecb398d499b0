/** Triggers as people and programs see them: what starts tasks from outside, and what has come of it. */
import { z } from "zod";
import { JsonValue } from "./json.ts";
import { suggestKeys } from "./parse.ts";

/** What starts tasks: a request from elsewhere, a change of files, lines and messages. */
export const TRIGGER_KINDS = ["webhook", "watch", "stream"] as const;
export type TriggerKind = (typeof TRIGGER_KINDS)[number];

/** Ways to tell that a request comes from whom it says. */
export const VERIFIERS = [
  ...["github", "gitlab", "gitea", "forgejo", "stripe", "standard", "slack", "hmac", "token", "none"],
] as const;

const Moment = z.iso.datetime();

/** What an event has started. */
const Started = {
  task: z.string().optional(),
  run: z.string().optional(),
};

export const TriggerView = z
  .object({
    name: z.string(),
    kind: z.enum(TRIGGER_KINDS),
    /** Where its events come from, in words: `POST /hooks/push (github)`, `./inbox/*.csv`. */
    source: z.string(),
    /** For a webhook: where it is asked, and how a sender proves who it is. */
    hook: z
      .object({
        path: z.string(),
        verify: z.enum(VERIFIERS),
        /** The header that holds the signature or the token, where that is not the usual one. */
        header: z.string().optional(),
        algorithm: z.string().optional(),
        encoding: z.string().optional(),
        prefix: z.string().optional(),
      })
      .optional(),
    /** What it starts, in words: `workflow deploy`, `shell: make`. */
    starts: z.string(),
    arm: z.string().optional(),
    when: z.string().optional(),
    paused: z.boolean(),
    /** Since the server started. */
    counts: z.object({
      /** Events that have come. */
      events: z.int(),
      /** Tasks and runs that they have started. */
      started: z.int(),
      /** Events that had come before: they started nothing again. */
      repeated: z.int(),
      /** Events for which `when` was false. */
      skipped: z.int(),
      /** Events that could start nothing: the reason of the last one is in `lastError`. */
      failed: z.int(),
      /** Requests that were turned away: a wrong signature, an old timestamp. */
      refused: z.int(),
    }),
    lastEvent: z.object({ at: Moment, id: z.string(), ...Started }).optional(),
    lastError: z.object({ at: Moment, message: z.string() }).optional(),
    /** Why it does not go on now: its arm is full, its file is not there. */
    waits: z.string().optional(),
  })
  .meta({ id: "TriggerView" });
export type TriggerView = z.infer<typeof TriggerView>;

/** An event to try a trigger with. */
export const TriggerTest = z.strictObject({ event: z.record(z.string(), JsonValue) }).meta({ id: "TriggerTest" });
export type TriggerTest = z.input<typeof TriggerTest>;

/** What that event would start; nothing was started. */
export const TriggerDraft = z
  .object({
    /** False: `when` does not hold, and nothing would start. */
    starts: z.boolean(),
    /** The task as it would be submitted. */
    task: JsonValue.optional(),
    /** Or the run: the name of the workflow, its params. */
    run: JsonValue.optional(),
  })
  .meta({ id: "TriggerDraft" });
export type TriggerDraft = z.infer<typeof TriggerDraft>;

suggestKeys(["event"]);
