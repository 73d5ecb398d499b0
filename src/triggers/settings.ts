/**
 * What the configuration says of one trigger, read and checked. The configuration knows no more of these values than that
 * they are there; what they mean stands here.
 *
 * TS1  A trigger that is wrong is a server that does not start, with words that name the trigger and the key.
 */
import { z } from "zod";
import { OctopusError } from "../base/errors.ts";
import { Duration, Name, Size } from "../protocol/common.ts";
import type { Json } from "../base/words.ts";
import { parse, suggestKeys } from "../protocol/parse.ts";
import { VERIFIERS } from "../protocol/trigger.ts";

const HeaderName = z.string().regex(/^[A-Za-z0-9-]{1,100}$/, { error: "must be the name of a header" });

const Webhook = z
  .strictObject({
    verify: z.enum(VERIFIERS),
    /** For `hmac` and `token`: the header that holds the signature, or the token. */
    header: HeaderName.optional(),
    algorithm: z.enum(["sha256", "sha512", "sha1"]).default("sha256"),
    encoding: z.enum(["hex", "base64"]).default("hex"),
    /** For `hmac`: what stands before the signature, such as `sha256=`. */
    prefix: z.string().max(100).default(""),
    /** The header whose value tells events apart. */
    idHeader: HeaderName.optional(),
    /** How far a timestamp may be from now, where the sender signs one. */
    tolerance: Duration.default(300_000),
    bodyMax: Size.default(1024 * 1024),
  })
  .refine(({ verify, header }) => verify !== "hmac" || header !== undefined, {
    path: ["header"],
    error: "is missing: verify hmac needs the name of the header that holds the signature",
  });
export type WebhookSettings = z.output<typeof Webhook>;

export const CHANGES = ["created", "changed", "removed"] as const;
export type Change = (typeof CHANGES)[number];

const Globs = z.union([z.string().transform((one) => [one]), z.array(z.string()).max(100)]);
const Watch = z.strictObject({
  path: z.string().min(1),
  on: z
    .union([z.enum(CHANGES).transform((one): Change[] => [one]), z.array(z.enum(CHANGES)).min(1)])
    .default(["created", "changed"]),
  recursive: z.boolean().default(false),
  ignore: Globs.default([]),
  existing: z.enum(["start", "skip"]).default("skip"),
  /** How long a file must be the same before it counts. */
  settle: Duration.default(300),
  /** How often all is looked over, whether the system told of changes or not. */
  poll: Duration.refine((ms) => ms >= 50, { error: "must be at least 50ms" }).default(2000),
  /** Most events in a minute; what is more comes later. */
  most: z.int().min(1).max(1_000_000).optional(),
});
export type WatchSettings = z.output<typeof Watch>;

const Batch = z.strictObject({
  max: z.int().min(1).max(10_000).default(100),
  wait: Duration.default(1000),
});

const SOURCES = ["file", "fifo", "unix", "tcp", "nats"] as const;
const Nats = z.strictObject({
  servers: z.union([z.string().transform((one) => [one]), z.array(z.string()).min(1)]).default(["127.0.0.1:4222"]),
  subject: z.string().min(1).max(256),
  /** Of several servers with this name, one gets each message. */
  queue: z.string().min(1).max(128).optional(),
  /** A JetStream stream; its messages are acknowledged when what they start is durable. */
  stream: z.string().min(1).max(128).optional(),
  durable: z
    .string()
    .regex(/^[\w-]{1,64}$/, { error: "must be letters, digits, _ and -" })
    .optional(),
  user: z.string().optional(),
});
export type NatsSettings = z.output<typeof Nats>;

const Stream = z
  .strictObject({
    file: z.string().min(1).optional(),
    fifo: z.string().min(1).optional(),
    unix: z.string().min(1).optional(),
    tcp: z
      .union([z.int().min(0).max(65_535).transform(String), z.string()])
      .transform((text, context) => {
        const match = /^(?:(\[[0-9a-f:.]+\]|[^:[\]]+):)?(\d{1,5})$/i.exec(text);
        if (match !== null && Number(match[2]) <= 65_535)
          return { host: (match[1] ?? "127.0.0.1").replace(/^\[|\]$/g, ""), port: Number(match[2]) };
        context.addIssue({ code: "custom", message: "must be a port, or HOST:PORT" });
        return z.NEVER;
      })
      .optional(),
    nats: Nats.optional(),
    format: z.enum(["text", "json"]).default("text"),
    batch: Batch.optional(),
    /** Where a file is begun that was never read before. */
    from: z.enum(["start", "end"]).default("end"),
    lineMax: Size.default(256 * 1024),
    /** Sockets get a line back for each line: `ok ID` when it is durable, `error WHY`. */
    answer: z.boolean().default(false),
  })
  .refine((stream) => SOURCES.filter((one) => stream[one] !== undefined).length === 1, {
    error: `must name one source: ${SOURCES.join(", ")}`,
  });
export type StreamSettings = z.output<typeof Stream>;

suggestKeys([Webhook, Watch, Stream, Nats, Batch].flatMap((one) => Object.keys(one.shape)));

/** One trigger as the configuration has it. */
export interface TriggerConfig {
  readonly webhook: Json;
  readonly watch: Json;
  readonly stream: Json;
  readonly secret: string | null;
  readonly when: string | null;
  readonly rate: { readonly limit: number; readonly perMs: number; readonly burst: number };
  readonly task: Json;
  readonly workflow: string | null;
  readonly params: Json;
  readonly arm: string | null;
}

/** Where its events come from. */
export type Source =
  | { kind: "webhook"; webhook: WebhookSettings }
  | { kind: "watch"; watch: WatchSettings }
  | { kind: "stream"; stream: StreamSettings };

/** A name must leave room for the ids of events. */
const NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,39}$/;

export function readSource(name: string, config: TriggerConfig): Source {
  const where = `triggers.${name}`;
  if (!NAME.test(name))
    throw invalid(
      where,
      `has a name that is no name of a trigger: a letter or _, then at most 39 letters, digits, _ and -`,
    );
  const said = (["webhook", "watch", "stream"] as const).filter((kind) => config[kind] !== null);
  if (said.length !== 1) {
    const words = said.length === 0 ? "none" : said.join(" and ");
    throw invalid(where, `must say where its events come from by one of webhook, watch and stream, not ${words}`);
  }
  switch (said[0]!) {
    case "webhook":
      return { kind: "webhook", webhook: readWebhook(where, config) };
    case "watch":
      return { kind: "watch", watch: readLong(Watch, config.watch, "path", `${where}.watch`) };
    case "stream":
      return { kind: "stream", stream: readLong(Stream, config.stream, "file", `${where}.stream`) };
  }
}

function readWebhook(where: string, { webhook, secret }: TriggerConfig): WebhookSettings {
  const settings = readLong(Webhook, webhook, "verify", `${where}.webhook`);
  if (settings.verify === "none") return settings;
  if (secret === null) {
    const how = `set ${where}.secret, or OCTOPUS_${where.toUpperCase().replace(/[^A-Z0-9]/g, "_")}_SECRET_FILE`;
    throw invalid(where, `verifies by ${settings.verify}, which needs a secret: ${how}`);
  }
  if (secret.length < 8) throw invalid(`${where}.secret`, "is shorter than 8 characters: it would be guessed");
  return settings;
}

/** A text alone stands for the most important field. */
function readLong<S extends z.ZodType>(schema: S, value: Json, field: string, where: string): z.output<S> {
  return parse(schema, typeof value === "string" ? { [field]: value } : value, where);
}

export function invalid(where: string, message: string): OctopusError {
  return new OctopusError("invalid", `${where} ${message}`, { issues: [{ path: where, message }] });
}

/** For settings of names that must be names of ours. */
export function checkName(value: string, where: string): void {
  parse(Name, value, where);
}
