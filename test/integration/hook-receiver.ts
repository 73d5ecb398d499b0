/**
 * A receiver of webhooks, as somebody else would write it: it checks the signature, and now and then it answers an error,
 * breaks the connection off, or takes the news and loses the answer.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Prng } from "../../src/base/prng.ts";

/** One request that came in whole, whatever was answered. */
export interface Received {
  /** `webhook-id`. */
  id: string;
  /** The task that the news are about, and the piece of news. */
  task: string;
  news: string;
  type: string;
  isSigned: boolean;
  /** Whether the receiver took it. */
  taken: boolean;
}

export class HookReceiver {
  readonly received: Received[] = [];
  readonly #server: Server = createServer((request, response) => {
    this.#receive(request, response).catch((error: unknown) => this.failures.push(error));
  });
  readonly failures: unknown[] = [];
  readonly #secret: string;
  readonly #random: Prng;

  constructor(secret: string, random: Prng) {
    this.#secret = secret;
    this.#random = random;
  }

  async open(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    try {
      for await (const part of request) parts.push(part as Buffer);
    } catch {
      return; // The sender was killed in the middle: nothing has been received.
    }
    const body = Buffer.concat(parts).toString();
    const { id, type, task } = JSON.parse(body) as { id: string; type: string; task: { id: string } };
    const mood = this.#random.int(6);
    this.received.push({
      id: String(request.headers["webhook-id"]),
      task: task.id,
      news: id,
      type,
      isSigned: isSigned(request.headers, body, this.#secret),
      taken: mood > 1,
    });
    if (mood === 0) response.destroy();
    else response.writeHead(mood === 1 ? 503 : 204).end();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** As docs/guide/callbacks.md tells receivers to do it. */
function isSigned(headers: IncomingHttpHeaders, body: string, secret: string): boolean {
  const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signatures } = headers;
  if (Math.abs(Date.now() / 1000 - Number(at)) > 300) return false;
  const expected = createHmac("sha256", secret)
    .update(`${String(id)}.${String(at)}.${body}`)
    .digest();
  return String(signatures)
    .split(" ")
    .some((signature) => {
      const given = Buffer.from(signature.replace(/^v1,/, ""), "base64");
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
}
