/** What servers of a cluster share, for cases: NATS, one or three, each with `sync_interval: always`; or PostgreSQL. */
import { NatsCluster } from "../../test/nats/cluster.ts";
import { NatsServer } from "../../test/nats/server.ts";
import { PostgresServer } from "../../test/postgres/server.ts";
import { cpuMsOf, childrenOf } from "./proc.ts";
import { rawAppend } from "./raw-append.ts";

export interface Backend {
  /** Words for `octopus server`. */
  words: readonly string[];
  /** Milliseconds of one fenced append to a stream of NATS with nothing of Octopus between, the median of some hundred. */
  raw?: (everyMs?: number) => Promise<number>;
  stop(): Promise<void>;
}

/** One NATS server. */
export async function natsAlone(): Promise<Backend> {
  const nats = await NatsServer.start([], { config: "" });
  const raw = (everyMs?: number): Promise<number> => rawAppend([nats.address], 1, everyMs);
  return { ...backend(["--nats", nats.address], () => nats.stop()), raw };
}

/** Three, and three copies of everything. */
export async function natsOfThree(): Promise<Backend> {
  const nats = await NatsCluster.start(3);
  const raw = (everyMs?: number): Promise<number> => rawAppend(nats.addresses, 3, everyMs);
  return { ...backend(["--nats", nats.addresses.join(","), "--replicas", "3"], () => nats.stop()), raw };
}

export async function postgres(): Promise<Backend> {
  const server = await PostgresServer.start();
  return backend(["--journal", server.url], () => server.stop());
}

/** It ends with this process, whatever happens: to stop it sends the signal at once, and then waits. */
function backend(words: readonly string[], stop: () => Promise<void>): Backend {
  const onExit = (): void => void stop();
  process.once("exit", onExit);
  return {
    words,
    stop() {
      process.off("exit", onExit);
      return stop();
    },
  };
}

/** CPU time in ms that all processes under this one have used, by pid. */
export function cpuOfAll(): Map<number, number> {
  const found = new Map<number, number>();
  const add = (pid: number): void => {
    try {
      found.set(pid, cpuMsOf(pid));
      for (const child of childrenOf(pid)) add(child);
    } catch {
      // It has just ended.
    }
  };
  for (const pid of childrenOf(process.pid)) add(pid);
  return found;
}
