/** All seats of a cluster, heard together: rows are read when a word says so, and now and then, as that may be lost. */
import type { Leadership } from "../ports.ts";
import type { Database } from "./database.ts";
import { SEATS_TOPIC } from "./seat.ts";
import type { Words } from "./words-line.ts";

const LOOK_MS = 1000;

type Row = { shard: string; term: number; server: string };

/** Begins; the answer ends it. */
export function watchSeats(
  { database, words, schema }: { database: Database; words: Words; schema: string },
  listener: (shard: string, leadership: Leadership) => void,
): () => void {
  const told = new Map<string, number>();
  let isStopped = false;
  let looking = false;
  let isDue = false;
  const text = `SELECT shard, term, server FROM ${schema}.seat`;
  const look = (): void => {
    isDue = true;
    if (looking) return;
    looking = true;
    void (async () => {
      while (isDue && !isStopped) {
        isDue = false;
        // Not to be read at this moment: whoever takes or appends hears why.
        const rows = await database.query<Row>({ name: "seats", text }, "read the seats").catch(() => []);
        for (const { shard, term, server } of rows) {
          if (isStopped || term <= (told.get(shard) ?? 0)) continue;
          told.set(shard, term);
          listener(shard, { term, server });
        }
      }
      looking = false;
    })();
  };
  const stop = words.hear(SEATS_TOPIC, look);
  const timer = setInterval(look, LOOK_MS);
  timer.unref();
  look();
  return () => {
    isStopped = true;
    clearInterval(timer);
    stop();
  };
}
