/** What is looked at, and made, before a server of a cluster uses NATS: each refusal says what to do. */
import { setTimeout as delay } from "node:timers/promises";
import { OctopusError } from "../../base/errors.ts";
import { addressesOf } from "../../nats/connect.ts";
import type { NatsLink } from "./link.ts";
import type { NatsClusterSettings, NatsNames } from "./settings.ts";
import { ensureStream, streamInfo } from "./streams.ts";
import { Tunnels } from "./tunnels.ts";
import { isNobody, isTooFew, jetStreamOff, natsError, refusalOf } from "./words.ts";

const AGAIN_MS = 250;
/** Older ones never sync, and have lost what they acknowledged when they were killed. */
const VERSION_MIN = [2, 10] as const;
/** How long a server of the same name may take to leave. */
const LEAVING_MS_MAX = 5000;
/** So many copies where nobody said a number. */
const MANY = 3;

export function checkVersion(version: string, settings: NatsClusterSettings): void {
  if (!isOld(version) || settings.allowOldNats === true) return;
  throw new OctopusError(
    "conflict",
    `NATS at ${addressesOf(settings)} is version ${version}; a cluster needs ${VERSION_MIN.join(".")} or newer: older ` +
      `servers never write to the disk before they acknowledge, and have lost acknowledged messages when they were ` +
      `killed. Install a newer nats-server, or accept that with --allow-old-nats`,
  );
}

export function versionWarnings(version: string): string[] {
  if (!isOld(version)) return [];
  return [
    `NATS ${version} never syncs what it acknowledges, and has lost some of it when it was killed: use 2.10 or newer`,
  ];
}

function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < VERSION_MIN[0] || (major === VERSION_MIN[0] && minor < VERSION_MIN[1]);
}

/** Resolves when JetStream answers. It takes a while after its servers began. */
export async function jetStreamReady(link: NatsLink, deadline: number): Promise<void> {
  for (;;) {
    try {
      await link.ask("INFO");
      return;
    } catch (error) {
      if (isNobody(error) && link.connection.info?.jetstream !== true) {
        const where = link.connection.getServer();
        throw new OctopusError("conflict", `NATS at ${where} has ${jetStreamOff("no JetStream")}`, { cause: error });
      }
      const said = natsError(error, "find JetStream");
      if (!said.retryable || performance.now() > deadline) throw said;
      await delay(AGAIN_MS);
    }
  }
}

/** Two of one name would answer for each other. One that has just been stopped is waited for. */
export async function refuseSecond(
  link: NatsLink,
  names: NatsNames,
  { server, cluster }: NatsClusterSettings,
  deadline: number,
): Promise<void> {
  const last = Math.min(deadline, performance.now() + LEAVING_MS_MAX);
  while (await Tunnels.isTaken(link, names, server)) {
    if (performance.now() > last) {
      throw new OctopusError(
        "conflict",
        `the cluster ${cluster} has a server named "${server}" that runs: give this one another name (--server-name)`,
      );
    }
    await delay(AGAIN_MS);
  }
}

/** The servers of NATS that are there, as far as the one that is connected knows. */
function serversOf(link: NatsLink): number {
  return new Set(link.connection.info?.connect_urls).size;
}

/** There are too few of them for so many copies, and more may come: several make one NATS. */
export function mayPeersCome(link: NatsLink, error: unknown): boolean {
  return isTooFew(refusalOf(error)?.code) && link.connection.info?.cluster !== undefined;
}

/** The buckets of the cluster. Answers how many copies its streams have. */
export async function ensureBuckets(
  link: NatsLink,
  names: NatsNames,
  wished: number | "auto",
  { warn, patientUntil }: { warn: (words: string) => void; patientUntil: number },
): Promise<number> {
  const common = { deny_delete: true, allow_rollup_hdrs: true, allow_direct: true };
  const values = { ...common, name: names.kvStream, subjects: [`${names.key("")}>`], max_msgs_per_subject: 1 };
  const replicas = wished === "auto" ? await replicasOf(link, values, { warn, patientUntil }) : wished;
  await ensureStream(link, { config: { ...values, num_replicas: replicas }, keeps: "newest" }, warn);
  const subjects = [`$O.${names.bucket}.C.>`, `$O.${names.bucket}.M.>`];
  const objects = { ...common, name: names.objectStream, subjects, num_replicas: replicas };
  await ensureStream(link, { config: objects, keeps: "newest" }, warn);
  return replicas;
}

/**
 * As many copies as the bucket has that is there; of one that is made now, as many as there can be. Where several servers make
 * one NATS, those that come late are waited for: what is made with one copy stays so.
 */
async function replicasOf(
  link: NatsLink,
  config: { name: string; subjects: string[] },
  { warn, patientUntil }: { warn: (words: string) => void; patientUntil: number },
): Promise<number> {
  const there = await streamInfo(link, config.name);
  if (there !== undefined) return there.config.num_replicas;
  try {
    const made = await ensureStream(link, { config: { ...config, num_replicas: MANY }, keeps: "newest" }, warn);
    return made.config.num_replicas;
  } catch (error) {
    if (!isTooFew(refusalOf(error)?.code)) throw error;
    if (mayPeersCome(link, error) && (serversOf(link) >= MANY || performance.now() < patientUntil)) throw error;
  }
  warn(
    `there are fewer than ${MANY} NATS servers: what the cluster knows is on one of them, and is lost with it. With ${MANY}, ` +
      `"nats stream edit NAME --replicas ${MANY}" for each stream of the cluster keeps it on all of them`,
  );
  return 1;
}
