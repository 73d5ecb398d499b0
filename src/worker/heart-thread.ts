/** The thread of `heart.ts`: posts a beat at each interval, as long as the server knows the session. */
import http from "node:http";
import https from "node:https";
import { parentPort } from "node:worker_threads";
import type { Beat } from "./heart.ts";

let timer: NodeJS.Timeout | undefined;

parentPort?.on("message", (beat: Beat) => {
  clearInterval(timer);
  timer = setInterval(() => send(beat), beat.everyMs);
});

function send({ url, name, session }: Beat): void {
  const target = new URL(`/api/v1/workers/${encodeURIComponent(name)}/beat`, url);
  const body = JSON.stringify({ session });
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  const request = (target.protocol === "https:" ? https : http).request(
    target,
    { method: "POST", headers },
    (response) => {
      response.resume();
      // The session is over; the worker's next welcome starts the beats again.
      if (response.statusCode === 404) clearInterval(timer);
    },
  );
  request.setTimeout(10_000, () => request.destroy());
  // A server that is away is the link's business.
  request.on("error", () => undefined);
  request.end(body);
}
