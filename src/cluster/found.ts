/**
 * A log without an engine: makes one from the tables of an embedded server, and brings tables to the end of one. For moving
 * into a cluster and out of it, and for going back to a backup.
 *
 * FO1  What is founded is a `base` record: every replica goes on from the snapshot that it names, whatever it held.
 * FO2  Only an empty log is founded, unless a person asks to replace what is there.
 */
import { OctopusError } from "../base/errors.ts";
import type { Artifacts, Clock, Log } from "../engine/ports.ts";
import { ClusterFiles } from "./artifacts.ts";
import type { ClusterBackend, ReplicatedLog } from "./ports.ts";
import { decode } from "./record.ts";
import { Repair } from "./repair.ts";
import { Replica } from "./replica.ts";
import type { Applied, ReplicaTables } from "./replica-tables.ts";

export interface LogOptions {
  backend: ClusterBackend;
  shard: string;
  /** Of a replica; an embedded directory was made one (`makeReplica`). */
  tables: ReplicaTables;
  artifacts: Artifacts;
  clock: Clock;
  log: Log;
  version: string;
  nonce(): string;
}

const TRIES_MAX = 10;
const TERM_TRIES_MAX = 10_000;
const UNKNOWN_MS = 30_000;
const CONFIRM_MS = 3000;

/** Makes the tables what the log says from now on; answers where they stand in it. */
export async function foundLog(options: LogOptions & { reason: string; replace?: boolean }): Promise<Applied> {
  const { backend, shard, reason, replace = false } = options;
  const { log, seat } = await backend.shard(shard);
  const { last } = await log.range();
  if (last > 0 && !replace) {
    throw new OctopusError(
      "conflict",
      `the shard ${shard} of this cluster holds ${last} records already. Name another cluster, or say that what it holds is ` +
        "to be replaced",
    );
  }
  const { files, repair, replica } = partsFor(options, log);
  try {
    await files.shareAll();
    const term = await takeAbove(options, seat, Math.max(await newestTerm(log), replica.position.term));
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const outcome = await repair.putBase(term, await repair.end(), reason);
      if (outcome === "unknown") throw unclear(shard);
      if (outcome === "refused") continue;
      await seat.release(term);
      return replica.position;
    }
    throw new OctopusError("conflict", `other servers write to the shard ${shard}; stop them first`, {
      retryable: true,
    });
  } finally {
    files.close();
  }
}

/** Brings the tables and their files to the end of the log, without leading. */
export async function drainLog(options: LogOptions): Promise<Applied> {
  const { log } = await options.backend.shard(options.shard);
  const { files, repair, replica } = partsFor(options, log);
  try {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      if ((await repair.mend()) === "ahead") {
        const words = `this replica has applied more than the log of the shard ${options.shard} holds`;
        throw new OctopusError("conflict", `${words}; start a server on it, so that the log is repaired`);
      }
      const stopped = await replica.catchUp(log);
      if (stopped.why === "base") await repair.adopt(stopped.record, stopped.at);
      if (stopped.why !== "end") continue;
      await files.fetchAll();
      return replica.position;
    }
    throw new Error("the log does not stay as it is long enough to be read to its end");
  } finally {
    files.close();
  }
}

function partsFor(options: LogOptions, log: ReplicatedLog) {
  const { backend, shard, tables, clock, log: words, version, nonce } = options;
  const files = new ClusterFiles({ ...options, isLeading: () => false });
  const engine = { follow: () => {} };
  const replica = new Replica({ tables, engine, clock, words, fetch: (batches) => files.fetch(batches) });
  const repair = new Repair({
    ...{ shard, server: backend.server, objects: backend.objects, tables, clock, words, version, nonce, log, replica },
    ...{ reload: () => {}, fetchAll: () => files.fetchAll(), confirmMs: CONFIRM_MS, unknownMs: UNKNOWN_MS },
    loud: ({ words: text, detail }) => words.warn({ shard, ...detail }, text),
  });
  return { files, repair, replica };
}

async function newestTerm(log: ReplicatedLog): Promise<number> {
  const { last } = await log.range();
  const record = last === 0 ? undefined : await log.get(last);
  const read = record && decode(record.bytes);
  return read === undefined || read.kind === "foreign" ? 0 : read.term;
}

async function takeAbove(
  { backend, shard }: LogOptions,
  seat: {
    read(): Promise<{ term: number } | undefined>;
    take(server: string, seen: number): Promise<number | undefined>;
  },
  above: number,
): Promise<number> {
  for (let tries = 0; tries < TERM_TRIES_MAX; tries++) {
    const seen = (await seat.read())?.term ?? 0;
    const term = await seat.take(backend.server, seen);
    if (term !== undefined && term > above) return term;
  }
  throw new OctopusError("conflict", `other servers take the lead of the shard ${shard}; stop them first`);
}

function unclear(shard: string): OctopusError {
  return new OctopusError(
    "outcome_unknown",
    `the log of the shard ${shard} did not answer in time; look with \`octopus cluster status\` whether it was founded`,
  );
}
