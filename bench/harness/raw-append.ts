/**
 * What an append costs by itself: messages of the size of a turn, one at a time, each with the number that must be the newest.
 * At once after the one before, or so many milliseconds later: servers that have slept take longer.
 */
import { setTimeout as delay } from "node:timers/promises";
import { connect, headers, type NatsConnection } from "@nats-io/transport-node";
import { median } from "./statistics.ts";
import { waitFor } from "./wait.ts";

const STREAM = "RAW";
const BYTES = 2500;
const WARM_UP = 50;
const COUNT = 300;

interface Info {
  config: { num_replicas: number };
  cluster?: { leader?: string };
  state: { last_seq: number };
}

async function ask<T>(connection: NatsConnection, what: string, question?: unknown): Promise<T & { error?: object }> {
  const words = question === undefined ? undefined : JSON.stringify(question);
  return (await connection.request(`$JS.API.${what}`, words, { timeout: 5000 })).json();
}

export async function rawAppend(servers: readonly string[], replicas: number, everyMs = 0): Promise<number> {
  const connection = await connect({ servers: [...servers] });
  try {
    const config = { name: STREAM, subjects: [STREAM], num_replicas: replicas, storage: "file" };
    const info = await waitFor("a stream of its own", async () => {
      await ask(connection, `STREAM.CREATE.${STREAM}`, config);
      const found = await ask<Info>(connection, `STREAM.INFO.${STREAM}`);
      return found.error === undefined && (replicas === 1 || found.cluster?.leader) ? found : undefined;
    });
    const times: number[] = [];
    let last = info.state.last_seq;
    for (let n = 0; n < WARM_UP + COUNT; n++) {
      if (everyMs > 0) await delay(everyMs);
      const head = headers();
      head.set("Nats-Expected-Last-Sequence", String(last));
      const begun = performance.now();
      const answer = await connection.request(STREAM, Buffer.alloc(BYTES, n), { headers: head, timeout: 5000 });
      if (n >= WARM_UP) times.push(performance.now() - begun);
      last = answer.json<{ seq: number }>().seq;
    }
    await ask(connection, `STREAM.DELETE.${STREAM}`);
    return median(times);
  } finally {
    await connection.close();
  }
}
