/**
 * What those who have proven nothing yet may have sent. A frame is kept until its end is there, and anybody may begin one.
 *
 * AL1  All of them together have a bound; little enough for a proof and an ordinary hello is always taken.
 */
import type { Duplex } from "node:stream";

/** Of one connection: taken whatever the others sent. */
const SURE_BYTES = 64 * 1024;
/** Of all: a hello that names very many attempts is a few of them. */
const ALL_BYTES_MAX = 64 * 1024 * 1024;

export class Allowance {
  #all = 0;

  /** Counts what comes until the answer is called; `exceeded` when it was too much. */
  count(socket: Duplex, exceeded: () => void): () => void {
    let own = 0;
    const onData = (chunk: Buffer): void => {
      own += chunk.length;
      this.#all += chunk.length;
      if (own <= SURE_BYTES || this.#all <= ALL_BYTES_MAX) return;
      end();
      exceeded();
    };
    const end = (): void => {
      socket.off("data", onData);
      socket.off("close", end);
      this.#all -= own;
      own = 0;
    };
    socket.on("data", onData);
    socket.on("close", end);
    return end;
  }
}
