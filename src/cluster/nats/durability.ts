/**
 * What an acknowledgement of NATS survives, in words. It depends on two things: on how many servers hold a record, and whether
 * they write it to the disk before they say so (`sync_interval: always`). The second is not told to clients; the monitoring of a
 * server tells it, where it can be reached.
 */

export type SyncOf = { kind: "always" } | { kind: "interval"; ms: number } | { kind: "unknown" };

const ASK_MS_MAX = 1000;
const MONITOR_PORT = 8222;

/** Of the servers that were asked: the weakest answer, or `unknown` when none gave one. */
export async function syncOf(addresses: readonly string[]): Promise<SyncOf> {
  const answers = await Promise.all([...new Set(addresses)].map(syncAt));
  const known = answers.filter((answer) => answer.kind !== "unknown");
  const intervals = known.filter((answer) => answer.kind === "interval");
  const [longest] = intervals.toSorted((a, b) => b.ms - a.ms);
  return longest ?? known[0] ?? { kind: "unknown" };
}

/** Where the monitoring of `host:port` is by convention. */
export function monitorOf(server: string): string {
  return `http://${server.replace(/:\d+$/, "")}:${MONITOR_PORT}`;
}

async function syncAt(address: string): Promise<SyncOf> {
  try {
    const url = new URL("/jsz?config=true", address);
    const response = await fetch(url, { signal: AbortSignal.timeout(ASK_MS_MAX) });
    const { config } = (await response.json()) as { config?: { sync_interval?: number; sync_always?: boolean } };
    if (config?.sync_always === true) return { kind: "always" };
    if (typeof config?.sync_interval === "number") return { kind: "interval", ms: config.sync_interval / 1e6 };
    return { kind: "unknown" };
  } catch {
    return { kind: "unknown" };
  }
}

export function durabilityWords(replicas: number, sync: SyncOf): { durability: string; warnings: string[] } {
  const mayFail = Math.floor((replicas - 1) / 2);
  const alone =
    replicas === 1
      ? "An acknowledged task is on one NATS server: it survives the end of every process, and is lost with the disk of that server."
      : `An acknowledged task is on a majority of ${replicas} NATS servers: it survives the loss of ${mayFail} of them, disks included.`;
  const cut = replicas === 1 ? "a power cut of that server" : "a power cut of all of them at once";
  if (sync.kind === "always")
    return { durability: `${alone} It survives ${cut}, too: each write is synced.`, warnings: [] };
  if (sync.kind === "interval") {
    const lost = `loses up to the last ${Math.round(sync.ms / 1000)} s (sync_interval)`;
    return {
      durability: `${alone} ${cut.charAt(0).toUpperCase()}${cut.slice(1)} ${lost}.`,
      warnings: [
        `NATS does not write to the disk before it acknowledges: ${cut} ${lost}. "sync_interval: always" in "jetstream" ` +
          `of every NATS server's configuration changes it`,
      ],
    };
  }
  return {
    durability: `${alone} Whether it survives ${cut} is not known: that takes "sync_interval: always".`,
    warnings: [
      `whether NATS syncs each write cannot be seen from here: look for "sync_always" in the answer of ` +
        `http://NATS-SERVER:${MONITOR_PORT}/jsz?config=true, or name the address of the monitoring (cluster.monitor)`,
    ],
  };
}
