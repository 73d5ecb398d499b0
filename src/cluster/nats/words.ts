/** What JetStream refuses, in words that name the thing and the next step. One place, so that each is said alike. */
import { errors } from "@nats-io/transport-node";
import { InvariantError } from "../../base/assert.ts";
import { OctopusError } from "../../base/errors.ts";
import { causes, connectionError } from "../../nats/words.ts";

/** What JetStream answered instead of doing what was asked. `code` is its number of the error. */
export class JetStreamRefusal extends Error {
  override name = "JetStreamRefusal";
  readonly code: number;

  constructor(code: number, description: string) {
    super(`${description} (JetStream error ${code})`);
    this.code = code;
  }
}

/** Numbers of JetStream's errors that are handled, not only told. */
export const JS = {
  noMessage: 10037,
  streamNotFound: 10059,
  consumerNotFound: 10014,
  streamNameInUse: 10058,
  noPeers: 10005,
  wrongLast: 10071,
  wrongLastUnknown: 10164,
} as const;

/** Nothing more fits: of the account, of the machine, of the stream. */
const FULL = new Set([10002, 10023, 10028, 10047, 10077, 10122, 10123, 10110]);
const TOO_LARGE = new Set([10054]);
/** Too few NATS servers for so many replicas, or none of them with room. */
const REPLICAS = new Set([10005, 10074]);
/** No leader, or not yet. */
const NOT_NOW = new Set([10008, 10009, 10118]);
const OFF = new Set([10039, 10076]);

/** True when nobody was there to be asked: then nothing has happened. */
export function isNobody(error: unknown): boolean {
  return causes(error).some((one) => one instanceof errors.NoRespondersError);
}

export function refusalOf(error: unknown): JetStreamRefusal | undefined {
  return causes(error).find((one) => one instanceof JetStreamRefusal);
}

/** Too few servers for so many replicas. */
export function isTooFew(code: number | undefined): boolean {
  return code !== undefined && REPLICAS.has(code);
}

/** `doing`: what was tried, such as `append to the log OCTOPUS_main_default`. */
export function natsError(error: unknown, doing: string): OctopusError {
  if (error instanceof OctopusError) return error;
  if (error instanceof InvariantError) throw error;
  const refusal = refusalOf(error);
  if (refusal !== undefined) return refused(refusal, doing);
  if (isNobody(error)) {
    const why = "nobody answers: JetStream has no leader at this moment, which takes a majority of its servers";
    return new OctopusError("unreachable", `NATS: could not ${doing}: ${why}`, { cause: error, retryable: true });
  }
  return connectionError(error, doing);
}

function refused(refusal: JetStreamRefusal, doing: string): OctopusError {
  const { code, message } = refusal;
  const cause = { cause: refusal };
  if (FULL.has(code)) {
    return new OctopusError(
      "storage_full",
      `NATS: could not ${doing}: ${message}. Give the account, the stream or the disk of the NATS servers more room ` +
        `("nats account info", "nats stream report"); it is tried again`,
      { ...cause, retryable: true },
    );
  }
  if (TOO_LARGE.has(code)) return new OctopusError("too_large", `NATS: could not ${doing}: ${message}`, cause);
  if (REPLICAS.has(code)) {
    return new OctopusError(
      "conflict",
      `NATS: could not ${doing}: ${message}. There are too few NATS servers with JetStream (and room) for so many ` +
        `replicas: join more to the NATS cluster, or ask for fewer with --replicas. Where enough of them run, ` +
        `"nats server report jetstream" shows which one JetStream has left out: it is taken in when it is started again`,
      cause,
    );
  }
  if (NOT_NOW.has(code)) {
    const why = "JetStream has no leader at this moment; that takes a majority of its servers";
    return new OctopusError("unreachable", `NATS: could not ${doing}: ${why}`, { ...cause, retryable: true });
  }
  if (OFF.has(code)) return new OctopusError("conflict", `NATS: could not ${doing}: ${jetStreamOff(message)}`, cause);
  if (code === JS.streamNotFound) {
    return new OctopusError(
      "storage_failed",
      `NATS: could not ${doing}: ${message}. Somebody has deleted it; a server that starts makes it anew`,
      { ...cause, retryable: true },
    );
  }
  return new OctopusError("storage_failed", `NATS: could not ${doing}: ${message}`, { ...cause, retryable: true });
}

export function jetStreamOff(message: string): string {
  return (
    `${message}. JetStream keeps what the cluster knows: switch it on for this account ` +
    `("jetstream { store_dir: … }" in the configuration of every NATS server, "jetstream: enabled" in the account)`
  );
}
