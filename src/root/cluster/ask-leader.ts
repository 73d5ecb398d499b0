/** Asks whoever leads a namespace, wherever that is, in the name of an admin of `default`: the way that clients' requests go. */
import { request as httpRequest } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { Json } from "../../base/words.ts";
import { namespacePrefix } from "../../protocol/namespace-name.ts";
import { FORWARDED, writeForwarded } from "../../server/mod.ts";

const AGAIN_MS = 200;
const DEADLINE_MS = 20_000;
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

export interface LeaderAsked {
  namespace: string;
  /** A stream to the server that leads it now; undefined: nobody does. */
  connect(): Duplex | undefined;
  /** In whose name. */
  who: string;
}

interface Asked {
  method: "GET" | "POST";
  /** Below `/api/v1`. */
  path: string;
  body?: Json;
}

/** The answer; undefined when none came within 20 seconds. What is asked may be asked twice. */
export async function askLeader(leader: LeaderAsked, asked: Asked): Promise<Json | undefined> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const answer = await askOnce(leader, asked).catch(() => undefined);
    if (answer !== undefined && answer.status < 300) return answer.body;
    if (performance.now() >= deadline || (answer !== undefined && answer.status < 500)) return undefined;
    await delay(AGAIN_MS);
  }
}

function askOnce(
  { namespace, connect, who }: LeaderAsked,
  { method, path, body }: Asked,
): Promise<{ status: number; body: Json } | undefined> {
  const stream = connect();
  if (stream === undefined) return Promise.resolve(undefined);
  const text = body === undefined ? "" : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      createConnection: () => stream,
      method,
      path: `${namespacePrefix(namespace)}/api/v1${path}`,
      headers: {
        host: "localhost",
        [FORWARDED]: writeForwarded({ address: "127.0.0.1", principal: { who, role: "admin" } }),
        ...(body !== undefined && { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
      },
      timeout: DEADLINE_MS,
    });
    const fail = (error: Error): void => {
      stream.destroy();
      reject(error);
    };
    request.once("error", fail);
    request.once("timeout", () => fail(new Error("no answer in time")));
    request.once("response", (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        if ((bytes += chunk.length) > ANSWER_BYTES_MAX) fail(new Error("the answer is too long"));
      });
      response.once("error", fail);
      response.once("end", () => {
        stream.destroy();
        try {
          resolve({ status: response.statusCode!, body: JSON.parse(Buffer.concat(chunks).toString()) as Json });
        } catch (error) {
          reject(error);
        }
      });
    });
    request.end(text);
  });
}
