/**
 * The streams that a cluster keeps its things in: made by whoever comes first, and looked at by everybody else.
 *
 * NST1  A stream that could drop what it was given before somebody asks for it is refused: an age, a number or size at which
 *       the oldest goes, headers that replace what was there, no acknowledgements, memory instead of files. Limits at which the
 *       newest is refused are the operator's choice.
 */
import { setTimeout as delay } from "node:timers/promises";
import { OctopusError } from "../../base/errors.ts";
import type { NatsLink } from "./link.ts";
import { JS, natsError, refusalOf } from "./words.ts";

export interface StreamConfig {
  name: string;
  subjects: string[];
  num_replicas: number;
  storage: string;
  retention: string;
  discard: string;
  max_age: number;
  max_msgs: number;
  max_bytes: number;
  max_msgs_per_subject: number;
  max_msg_size: number;
  allow_rollup_hdrs: boolean;
  allow_direct: boolean;
  deny_delete: boolean;
  deny_purge: boolean;
  [field: string]: unknown;
}

export interface StreamInfo {
  config: StreamConfig;
  created: string;
  state: {
    first_seq: number;
    last_seq: number;
    messages: number;
    bytes: number;
    subjects?: Record<string, number>;
    num_subjects?: number;
  };
  cluster?: { name?: string; leader?: string; replicas?: { name: string; current: boolean; offline?: boolean }[] };
  [field: string]: unknown;
}

/** What a stream is for: what may be lost from it. */
export interface StreamWish {
  config: Partial<StreamConfig> & Pick<StreamConfig, "name" | "subjects" | "num_replicas">;
  /** `all`: nothing may go but by our own word. `some`: it is bounded, and the oldest goes. `newest`: of each subject one. */
  keeps: "all" | "some" | "newest";
}

const CREATE_MS_MAX = 20_000;
/** How long further NATS servers are waited for. */
const PEERS_MS_MAX = 30_000;
const PEERS_AGAIN_MS = 250;

const DEFAULTS: Partial<StreamConfig> = {
  ...{ storage: "file", retention: "limits", discard: "new", num_replicas: 1 },
  ...{ max_age: 0, max_msgs: -1, max_bytes: -1, max_msgs_per_subject: -1, max_msg_size: -1, max_consumers: -1 },
  ...{ allow_rollup_hdrs: false, allow_direct: false, deny_delete: false, deny_purge: false },
};

/** The stream as it is there now: made when there is none. `warn` hears what is not as it was wished, and does no harm. */
export async function ensureStream(
  link: NatsLink,
  wish: StreamWish,
  warn: (words: string) => void,
): Promise<StreamInfo> {
  const { name } = wish.config;
  const info = (await streamInfo(link, name)) ?? (await createStream(link, wish));
  refuseLoss(info.config, wish);
  const { num_replicas: replicas } = info.config;
  if (replicas !== wish.config.num_replicas) {
    warn(
      `the stream ${name} has ${replicas} replica${replicas === 1 ? "" : "s"}, where ${wish.config.num_replicas} were ` +
        `asked for: "nats stream edit ${name} --replicas ${wish.config.num_replicas}" changes it`,
    );
  }
  return info;
}

/** Undefined: there is none of this name. */
export async function streamInfo(link: NatsLink, name: string): Promise<StreamInfo | undefined> {
  try {
    return (await link.ask(`STREAM.INFO.${name}`)) as unknown as StreamInfo;
  } catch (error) {
    if (refusalOf(error)?.code === JS.streamNotFound) return undefined;
    throw natsError(error, `look at the stream ${name}`);
  }
}

/** Nothing happens when there is none of this name. */
export async function deleteStream(link: NatsLink, name: string): Promise<void> {
  try {
    await link.ask(`STREAM.DELETE.${name}`, undefined, CREATE_MS_MAX);
  } catch (error) {
    if (refusalOf(error)?.code !== JS.streamNotFound) throw natsError(error, `delete the stream ${name}`);
  }
}

async function createStream(link: NatsLink, { config }: StreamWish): Promise<StreamInfo> {
  const whole = { ...DEFAULTS, ...config };
  const deadline = performance.now() + PEERS_MS_MAX;
  for (;;) {
    try {
      // The answer comes when the stream has a leader, which takes a while in a cluster that has just begun.
      return (await link.ask(`STREAM.CREATE.${config.name}`, whole, CREATE_MS_MAX)) as unknown as StreamInfo;
    } catch (error) {
      // Another server made it in this moment, or the answer was lost.
      const there = await streamInfo(link, config.name).catch(() => undefined);
      if (there !== undefined) return there;
      // Others of a cluster that has just begun may come.
      const mayCome = refusalOf(error)?.code === JS.noPeers && performance.now() < deadline;
      if (!mayCome) throw natsError(error, `make the stream ${config.name}`);
      await delay(PEERS_AGAIN_MS);
    }
  }
}

function refuseLoss(config: StreamConfig, { config: wished, keeps }: StreamWish): void {
  const wrong = [...shapeFaults(config, wished), ...(keeps === "some" ? [] : lossFaults(config, keeps))];
  if (wrong.length === 0) return;
  throw new OctopusError(
    "conflict",
    `the stream ${config.name} at NATS is not one that a cluster can trust: ${wrong.join("; ")}. Change it ` +
      `("nats stream edit ${config.name}"), or name another cluster`,
  );
}

function shapeFaults(config: StreamConfig, wished: StreamWish["config"]): string[] {
  const faults: string[] = [];
  const subjects = (config.subjects ?? []).toSorted().join(", ");
  const expected = wished.subjects.toSorted().join(", ");
  if (subjects !== expected) faults.push(`it holds the subjects "${subjects}" instead of "${expected}"`);
  if (config.storage !== "file") faults.push(`it is kept in ${config.storage}, and gone when its servers stop`);
  if (config.no_ack === true) faults.push("it acknowledges nothing");
  if (config.sealed === true) faults.push("it is sealed: nothing can be added");
  if (config.mirror != null || (config.sources as unknown[] | undefined)?.length)
    faults.push("it copies other streams");
  if (config.subject_transform != null) faults.push("it changes subjects");
  if (config.deny_purge) faults.push("nothing can be let go of (deny_purge), so that it grows for ever");
  return faults;
}

function lossFaults(config: StreamConfig, keeps: "all" | "newest"): string[] {
  const faults: string[] = [];
  const oldestGoes = config.discard === "old";
  if (config.retention !== "limits") faults.push(`its retention is "${config.retention}": what was read goes`);
  if (config.max_age > 0) faults.push(`it drops what is older than ${config.max_age / 1e9} s (max_age)`);
  if (oldestGoes && config.max_msgs > 0) faults.push(`it drops the oldest of more than ${config.max_msgs} messages`);
  if (oldestGoes && config.max_bytes > 0) faults.push(`it drops the oldest when it has ${config.max_bytes} bytes`);
  if (keeps === "newest") return faults;
  if (config.max_msgs_per_subject > 0) faults.push(`it keeps ${config.max_msgs_per_subject} messages of a subject`);
  if (config.allow_rollup_hdrs) faults.push("a message may replace all others in it (allow_rollup)");
  if (config.allow_msg_ttl === true) faults.push("messages may have an end of their own (allow_msg_ttl)");
  return faults;
}
