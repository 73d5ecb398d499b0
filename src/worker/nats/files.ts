/** Requests for files over a stream of the worker's session: the same HTTP as to a server's own port. */
import http from "node:http";
import { Duplex } from "node:stream";
import type { FileServer } from "../work.ts";

/** Streams at once: a worker with many attempts sends their files one after the other. */
const STREAMS_MAX = 8;

/** `open`: a stream to the server that leads; undefined while there is none. */
export function fileServer(open: () => Duplex | undefined): FileServer {
  const waiting: (() => void)[] = [];
  let count = 0;
  const begin = (hand: (error: Error | null, stream: Duplex) => void): void => {
    count++;
    const stream = open() ?? nobody();
    stream.once("close", () => {
      count--;
      waiting.shift()?.();
    });
    hand(null, stream);
  };
  return {
    request(path, options = {}) {
      return http.request({
        ...options,
        path,
        host: "localhost",
        createConnection: (_options, hand) => {
          if (count < STREAMS_MAX) begin(hand);
          else waiting.push(() => begin(hand));
          return undefined;
        },
      });
    },
    // Whoever has a session may send files: any other answer passes.
    mayAnswerOtherwise: (status) => status >= 500 || status === 429 || status === 401,
  };
}

/** Breaks at once: the request is made again, with growing waits. */
function nobody(): Duplex {
  const stream = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  const stub = (): Duplex => stream;
  Object.assign(stream, { setTimeout: stub, setKeepAlive: stub, setNoDelay: stub, ref: stub, unref: stub });
  setImmediate(() => stream.destroy(new Error("there is no session over NATS at this moment")));
  return stream;
}
