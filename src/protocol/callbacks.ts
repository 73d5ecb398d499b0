/**
 * Who is told when something becomes of a task. Each callback is a task of its own, made when its moment has come: it is
 * retried, listed and explained like any other.
 *
 * K1  What comes out of `Callbacks` is a flat list of tasks, each with the moment it is bound to.
 */
import { z } from "zod";
import { CALLBACK_ON, type CallbackOn } from "../base/words.ts";
import { Name } from "./common.ts";
import { suggestKeys } from "./parse.ts";
import type { TaskSpec, TaskSubmission } from "./task.ts";
import type { Retries } from "./retries.ts";

/** Callbacks may have callbacks, to this depth. */
export const CALLBACK_DEPTH_MAX = 4;
/** Callbacks of one task. */
export const CALLBACKS_MAX = 32;

/** A callback after validation. */
export interface CallbackSpec {
  on: CallbackOn;
  task: TaskSpec;
  /**
   * Where the news go: `body` of an HTTP request, `input` of a function, the variable `OCTOPUS_EVENT` of a command
   * (`env`). Undefined: nowhere, the task is run as it stands.
   */
  news?: "body" | "input" | "env" | undefined;
}

/** One callback as a person writes it. */
export type CallbackSubmission =
  /** Posts the news to this URL, signed. */
  | { webhook: string | { url: string; headers?: Record<string, string>; secret?: string }; retries?: number }
  /** Calls a function with the news as its input. */
  | { call: string; arm?: string }
  | { task: TaskSubmission };

export type CallbacksSubmission = Partial<Record<CallbackOn, CallbackSubmission | CallbackSubmission[]>>;

/** Tries of a webhook after the first: over about two hours. */
const WEBHOOK_RETRIES = 10;
const WEBHOOK_TIMEOUT_MS = 30_000;

interface Target {
  url: string;
  headers?: Record<string, string> | undefined;
  secret?: string | undefined;
}

const Url = z.url({ protocol: /^https?$/, error: "must be an http:// or https:// URL" });

/** `task` is the schema of tasks, which these are part of. */
export function callbackSchemas(task: () => z.ZodType<TaskSpec, TaskSubmission>): {
  Callbacks: z.ZodType<CallbackSpec[], CallbacksSubmission>;
  Tasks: z.ZodType<TaskSpec[], TaskSubmission | TaskSubmission[]>;
} {
  const Task = z.lazy(task) as z.ZodType<TaskSpec, TaskSubmission>;
  const Webhook = z.strictObject({
    webhook: z.union([
      Url.transform((url) => ({ url })),
      z.strictObject({
        url: Url,
        headers: z.record(z.string(), z.string()).optional(),
        /** Name of the secret that signs it; default: the server's own. */
        secret: Name.optional(),
      }),
    ]),
    retries: z.int().min(0).max(1000).optional(),
  });
  const one = z
    .union(
      [
        Webhook.transform(({ webhook, retries }): Omit<CallbackSpec, "on"> => {
          const { url, headers, secret }: Target = webhook;
          const http = { method: "POST" as const, url, ...(headers && { headers }), sign: secret ?? "default" };
          const timing = { timeout: WEBHOOK_TIMEOUT_MS, retries: webhookRetries(retries ?? WEBHOOK_RETRIES) };
          return { task: { type: "webhook", kind: "http", work: { kind: "http", http }, ...timing }, news: "body" };
        }),
        z.strictObject({ call: Name, arm: Name.optional() }).transform(({ call, arm }): Omit<CallbackSpec, "on"> => {
          const made: TaskSpec = { type: call, kind: "call", work: { kind: "call", call } };
          if (arm !== undefined) made.arm = arm;
          return { task: made, news: "input" };
        }),
        z.strictObject({ task: Task }).transform(({ task: made }): Omit<CallbackSpec, "on"> => withNews(made)),
      ],
      { error: "must be {webhook}, {call} or {task}" },
    )
    .meta({ id: "Callback" });
  const many = z.union([one.transform((single) => [single]), z.array(one)]);
  const Callbacks = Finite.pipe(z.partialRecord(z.enum(CALLBACK_ON), many)).transform((byMoment): CallbackSpec[] =>
    Object.entries(byMoment).flatMap(([on, list]) =>
      (list ?? []).map((callback) => ({ ...callback, on: on as CallbackOn })),
    ),
  ) as unknown as z.ZodType<CallbackSpec[], CallbacksSubmission>;
  const Tasks = Finite.pipe(
    z.union([Task.transform((single) => [single]), z.array(Task).max(CALLBACKS_MAX)], {
      error: "must be a task, or a list of tasks",
    }),
  ) as unknown as z.ZodType<TaskSpec[], TaskSubmission | TaskSubmission[]>;
  return { Callbacks, Tasks };
}

/** Deepest nesting of what a program hands over; a callback that leads back to its own task has no end. */
const NESTING_MAX = 200;
const Finite = z.unknown().refine((value) => isFinite(value, NESTING_MAX, new Set(), new Set()), {
  error: "must not lead back to itself: a callback holds the task that it belongs to",
});

/** True when a walk through `value` comes to an end. Each object is walked once. */
function isFinite(value: unknown, depth: number, path: Set<object>, done: Set<object>): boolean {
  if (typeof value !== "object" || value === null || done.has(value)) return true;
  if (depth === 0 || path.has(value)) return false;
  path.add(value);
  for (const item of Object.values(value)) if (!isFinite(item, depth - 1, path, done)) return false;
  path.delete(value);
  done.add(value);
  return true;
}

/** A client error is tried again, too: the receiver may be about to be set up. 410 says that nobody wants the news. */
function webhookRetries(limit: number): Retries {
  const rules = [
    { statuses: [410], limit: 0 },
    { statuses: [4], limit },
  ];
  return { limit, backoff: "exponential", delay: 5000, maxDelay: 3_600_000, rules };
}

/** Kinds with an environment, in which they find the news. */
const RUNNING: ReadonlySet<string> = new Set(["shell", "docker", "plugin", "wasm"]);

/** A task of the user's own gets the news where it has room for them. */
export function withNews(task: TaskSpec): Omit<CallbackSpec, "on"> {
  // Each worker gets the news.
  const { work } = task.work.kind === "each" ? task.work.each.task : task;
  if (RUNNING.has(work.kind)) return { task, news: "env" };
  if (work.kind === "call" && work.input === undefined) return { task, news: "input" };
  if (work.kind === "http" && work.http.body === undefined && work.http.method === "POST")
    return { task, news: "body" };
  return { task };
}

/** How deep callbacks are nested below this one. */
export function callbackDepth(callbacks: readonly CallbackSpec[] | undefined): number {
  if (callbacks === undefined || callbacks.length === 0) return 0;
  return 1 + Math.max(...callbacks.map(({ task }) => callbackDepth(task.on)));
}

suggestKeys(["webhook", "secret", ...CALLBACK_ON]);
