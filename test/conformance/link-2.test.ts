// Version skew: what a worker of the release before says and gets, line by line, against this server. The lines were written
// from the contract of link version 2 and are never changed to fit the server.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { once } from "node:events";
import { test } from "node:test";
import { WebSocket } from "ws";
import { startHarness } from "../../src/server/testing/harness.ts";
import { SUITE_MS_MAX } from "../machine.ts";

interface Line {
  connect?: string;
  up?: object[];
  down?: object[];
  ask?: { method: string; path: string; body?: object };
  status?: number;
  has?: Record<string, unknown>;
}

/** The worker's end: frames that came and were not expected yet. */
class Peer {
  readonly socket: WebSocket;
  readonly #messages: object[] = [];
  #stir = (): void => {};

  constructor(url: string) {
    this.socket = new WebSocket(`${url.replace("http", "ws")}/api/v1/worker`);
    this.socket.on("message", (data: Buffer, isBinary) => {
      assert.equal(isBinary, false, "version 2 knows text alone");
      this.#messages.push(...(JSON.parse(data.toString()) as object[]));
      this.#stir();
    });
  }

  async next(count: number): Promise<object[]> {
    while (this.#messages.length < count) await new Promise<void>((resolve) => (this.#stir = resolve));
    return this.#messages.splice(0, count);
  }
}

/**
 * The words of a refusal are for a person, and may become better ones; and it may say more than it did, which a worker of
 * version 2 does not read.
 */
function withoutWords(message: object): object {
  if (!("type" in message) || message.type !== "refuse") return message;
  const { type, reason, retryable } = message as { type: string; reason?: unknown; retryable?: unknown };
  return { type, hasWords: typeof reason === "string" && reason !== "", retryable };
}

test("a worker that speaks link version 2 is served as it was before", { timeout: SUITE_MS_MAX }, async () => {
  const text = readFileSync(new URL("link-2.jsonl", import.meta.url), "utf8");
  await using h = await startHarness();
  let peer: Peer | undefined;
  for (const [index, line] of text.trim().split("\n").entries()) {
    const { connect, up, down, ask, status, has } = JSON.parse(line) as Line;
    const where = `line ${index + 1}`;
    if (connect !== undefined) {
      peer = new Peer(h.url);
      await once(peer.socket, "open");
    }
    if (up !== undefined) peer!.socket.send(JSON.stringify(up));
    if (down !== undefined)
      assert.deepEqual((await peer!.next(down.length)).map(withoutWords), down.map(withoutWords), where);
    if (ask === undefined) continue;
    const { method, path, body } = ask;
    const look = async () =>
      h.ask(path, {
        method,
        ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      });
    const isSo = (answer: Record<string, unknown>): boolean =>
      Object.entries(has ?? {}).every(([key, value]) => JSON.stringify(answer[key]) === JSON.stringify(value));
    let answer = await look();
    // What the worker has just said may be on its way.
    for (let tries = 0; !isSo(answer.body) && tries < 500; tries++) answer = await look();
    assert.equal(answer.status, status, `${where}: ${JSON.stringify(answer.body)}`);
    for (const [key, value] of Object.entries(has ?? {})) assert.deepEqual(answer.body[key], value, `${where}: ${key}`);
  }
  assert.deepEqual(h.errors, []);
});
