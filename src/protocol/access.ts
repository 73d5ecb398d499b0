/** Tokens and the audit log, as the API asks and answers. */
import { z } from "zod";
import { ACCESS_ROLES, type AccessRole } from "../base/words.ts";
import { Duration, Name } from "./common.ts";
import { suggestKeys } from "./parse.ts";
import { isAllWorkers, isAnyWorker } from "./target.ts";

const Time = z.iso.datetime();

export const TokenSubmission = z
  .strictObject({
    name: Name,
    role: z.enum(ACCESS_ROLES),
    /** Only these arms. Default: all. */
    arms: z.array(Name).min(1).max(100).optional(),
    /** For role worker: the only name that its worker may have. */
    worker: Name.refine((name) => !isAllWorkers(name) && !isAnyWorker(name), {
      error: "must be the name of one worker; leave it out for any",
    }).optional(),
    /** How long it is good; absent = until it is revoked. */
    expires: Duration.refine((ms) => ms > 0, { error: "must be longer than nothing" }).optional(),
  })
  .refine(({ role, worker }) => worker === undefined || role === "worker", {
    path: ["worker"],
    error: "is for role worker only",
  })
  .meta({ id: "TokenSubmission" });
export type TokenSubmission = z.output<typeof TokenSubmission>;

export const TokenView = z
  .object({
    id: z.string(),
    name: z.string(),
    role: z.enum(ACCESS_ROLES),
    arms: z.array(z.string()).optional(),
    worker: z.string().optional(),
    state: z.enum(["active", "expired", "revoked"]),
    createdAt: Time,
    createdBy: z.string().optional(),
    expiresAt: Time.optional(),
    revokedAt: Time.optional(),
    /** Since the server started. */
    lastUsedAt: Time.optional(),
    lastAddress: z.string().optional(),
  })
  .meta({ id: "Token" });
export type TokenView = z.infer<typeof TokenView>;

/** Who asks, and what they may do: what a dashboard asks first. */
export const SessionView = z
  .object({
    /** Name of the token; `local` where none is needed. */
    who: z.string(),
    /** Its id, which no other has. */
    token: z.string().optional(),
    role: z.enum([...ACCESS_ROLES, "none"]),
    arms: z.array(z.string()).optional(),
    /** Absent: `default`. */
    namespace: z.string().optional(),
    /** In a namespace: it is an admin of `default`, who is one everywhere. */
    isOperator: z.literal(true).optional(),
    /** Name of the cluster; absent: the server stands alone. */
    cluster: z.string().optional(),
    /** No token is needed: whoever reaches this server may do everything. */
    isOpen: z.boolean(),
    version: z.string(),
  })
  .meta({ id: "Session" });
export type SessionView = z.infer<typeof SessionView>;

export const SessionSubmission = z
  .strictObject({ token: z.string().max(1000).meta({ description: "A token of any role but worker" }) })
  .meta({ id: "SessionSubmission" });

/** One setting of a server, as it was resolved. */
export const SettingView = z
  .object({
    key: z.string(),
    /** As a file would give it; secrets are masked. */
    value: z.string(),
    /** Where it was said: an option, a variable, a line of a file, or `default`. */
    origin: z.string(),
  })
  .meta({ id: "Setting" });
export type SettingView = z.infer<typeof SettingView>;

/** The one time that the secret is shown, with what it takes to use it. */
export const TokenCreatedView = TokenView.extend({
  secret: z.string(),
  /** For role worker: all that a worker needs to find and trust us. */
  join: z.string().optional(),
  /** Where this server can be reached, the likeliest first. */
  urls: z.array(z.string()),
  /** Of its certificate authority, SHA-256 in hex; absent: plain HTTP. */
  fingerprint: z.string().optional(),
}).meta({ id: "TokenCreated" });
export type TokenCreatedView = z.infer<typeof TokenCreatedView>;

/** Who asked, as far as the server knows: whoever reaches the loopback address of an open server is `local`. */
export interface Principal {
  /** Id of a token, `local`, `key:<worker>`, or `anonymous`. */
  who: string;
  role: AccessRole | "none";
  arms?: readonly string[] | undefined;
  /** The only name that a worker with this token may have. */
  worker?: string | undefined;
}

/** One thing that was done or refused. */
export const AuditView = z
  .object({
    id: z.int(),
    at: Time,
    who: z.string(),
    address: z.string().optional(),
    /** Stable word: `token.create`, `worker.approve`, `task.cancel`, `refused.token`, … */
    action: z.string(),
    subject: z.string().optional(),
    outcome: z.enum(["done", "refused", "failed"]),
    detail: z.string().optional(),
    /** How often within a few seconds, where the same came again and again. */
    times: z.int(),
    /** In a cluster: the server that was asked. Numbers (`id`) are its own. */
    server: z.string().optional(),
  })
  .meta({ id: "Audit" });
export type AuditView = z.infer<typeof AuditView>;

suggestKeys(["name", "role", "arms", "worker", "expires"]);
