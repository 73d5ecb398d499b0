/** One action on many tasks, as a person asks for it. */
import { z } from "zod";
import { BULK_ACTIONS, TASK_KINDS, TASK_STATES, type TaskState } from "../base/words.ts";
import { KeyText } from "./asks.ts";
import { Instant, Name, Priority } from "./common.ts";
import { suggestKeys } from "./parse.ts";
import { TaskRef } from "./task.ts";

/** Ids that may be named in one action; a filter reaches any number. */
export const BULK_IDS_MAX = 10_000;

const Text = z.string().min(1).max(300);

const filterFields = {
  state: z
    .union([z.enum(TASK_STATES).transform((one) => [one]), z.array(z.enum(TASK_STATES)).min(1)], {
      error: `must be one or a list of ${TASK_STATES.join(", ")}`,
    })
    .optional(),
  type: Text.optional(),
  arm: Text.optional(),
  tag: Text.optional(),
  run: Text.optional(),
  /** Words that the id, name or type contains, each of them; in double quotes, a phrase. */
  q: Text.optional(),
  /** Text that stands in what it does, its result or its error. */
  text: Text.optional(),
  /** The worker of its newest attempt. */
  worker: Text.optional(),
  kind: z
    .union([z.enum(TASK_KINDS).transform((one) => [one]), z.array(z.enum(TASK_KINDS)).min(1)], {
      error: `must be one or a list of ${TASK_KINDS.join(", ")}`,
    })
    .optional(),
  owner: Text.optional(),
  /** The concurrency key. */
  key: KeyText.optional(),
  /** Dead letters only. */
  dead: z.literal(true).optional(),
  /** The schedule that made it. */
  schedule: Text.optional(),
  /** Members of this `each`. */
  inside: Text.optional(),
  /** Waits for a person. */
  awaiting: z.enum(["approval"], { error: "must be approval" }).optional(),
  /** Deliveries of the callbacks of this task. */
  callbackOf: Text.optional(),
  /** Created at or after. */
  from: Instant.optional(),
  /** Created before. */
  to: Instant.optional(),
};

/** Which tasks; every key narrows it. */
export const BulkFilter = z
  .strictObject(filterFields)
  .refine((filter) => Object.values(filter).some((value) => value !== undefined), {
    error: `must have at least one key, so that nobody means all tasks by accident: ${Object.keys(filterFields).join(", ")}`,
  })
  .meta({ id: "BulkFilter" });

const fields = {
  action: z.enum(BULK_ACTIONS),
  filter: BulkFilter.optional(),
  ids: z.array(TaskRef).min(1).max(BULK_IDS_MAX).optional(),
  /** For `priority`. */
  priority: Priority.optional(),
  /** For `move`. */
  arm: Name.optional(),
  /** For `cancel`. */
  reason: z.string().min(1).max(1000).optional(),
  /** Only count what it would reach. */
  preview: z.boolean().optional(),
};

/** What each action needs (true) or may have (false) beside its filter. */
const OPTIONS = { priority: ["priority", true], arm: ["move", true], reason: ["cancel", false] } as const;

export const BulkSubmission = z
  .strictObject(fields)
  .transform(({ filter, ids, preview, ...rest }, context) => {
    const issue = (path: string, message: string): never => {
      context.addIssue({ code: "custom", path: path === "" ? [] : [path], message });
      return z.NEVER;
    };
    if ((filter === undefined) === (ids === undefined)) return issue("", "must have exactly one of filter, ids");
    for (const [option, [action, isNeeded]] of Object.entries(OPTIONS)) {
      const isGiven = rest[option as keyof typeof OPTIONS] !== undefined;
      if (isGiven && rest.action !== action) return issue(option, `belongs to the action ${action}`);
      if (!isGiven && isNeeded && rest.action === action) return issue(option, `is needed for the action ${action}`);
    }
    return { ...rest, filter: filter ?? { ids: ids! }, preview: preview ?? false };
  })
  .meta({ id: "BulkSubmission" });

/** The filter as a program writes it. */
export interface BulkFilterSubmission extends Omit<z.input<typeof BulkFilter>, "state"> {
  state?: TaskState | readonly TaskState[] | undefined;
}
export interface BulkSubmission extends Omit<z.input<typeof BulkSubmission>, "filter"> {
  filter?: BulkFilterSubmission | undefined;
}

suggestKeys([...Object.keys(fields), ...Object.keys(filterFields)]);
