/** All seats of a cluster, heard by one consumer: the newest of each, and then each change. */
import { setTimeout as delay } from "node:timers/promises";
import type { Leadership } from "../ports.ts";
import type { NatsLink } from "./link.ts";
import { pull } from "./pull.ts";
import { valueOf } from "./seat.ts";
import { type NatsNames, token, untoken } from "./settings.ts";

const AGAIN_MS = 1000;

/** Subject of a shard's seat. */
export function seatSubject(names: NatsNames, shard: string): string {
  return names.key(`seat.${token(shard)}`);
}

/** Begins; the answer ends it. */
export function watchSeats(
  link: NatsLink,
  names: NatsNames,
  listener: (shard: string, leadership: Leadership) => void,
): () => void {
  const stopping = new AbortController();
  void watch(link, names, stopping.signal, listener);
  return () => stopping.abort();
}

async function watch(
  link: NatsLink,
  names: NatsNames,
  signal: AbortSignal,
  listener: (shard: string, leadership: Leadership) => void,
): Promise<void> {
  const root = names.key("seat.");
  const wish = { stream: names.kvStream, from: 1, newest: true, filter: `${root}>`, signal };
  while (!signal.aborted && !link.isClosed) {
    try {
      for await (const some of pull(link, wish)) {
        for (const { seq, subject, data } of signal.aborted ? [] : some)
          listener(untoken(subject.slice(root.length)), { term: seq, server: valueOf(data).server });
      }
    } catch {
      // Not to be read at this moment; whoever takes or appends hears why.
    }
    await delay(AGAIN_MS, undefined, { signal, ref: false }).catch(() => {});
  }
}
