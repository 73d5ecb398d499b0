/** The link against servers made by hand, which say and leave out what a good one never would. */
import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, createServer as createTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { type WebSocket, WebSocketServer } from "ws";
import { CHALLENGE_HEADER, type FromWorker, proofText, type Proof, type ToWorker } from "../protocol/link.ts";
import { Agent } from "./agent.ts";
import type { AgentOptions } from "./agent-options.ts";
import type { AttemptContext, Executor } from "./executor.ts";
import { type LinkOptions, WebSocketLink } from "./link-websocket.ts";
import { ServerAccess } from "./reach/server-access.ts";
import { Spool } from "./spool/spool.ts";
import { openKey } from "./worker-key.ts";

const folder = mkdtempSync(join(tmpdir(), "octopus-link-"));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Seen {
  socket: WebSocket;
  request: IncomingMessage;
  messages: (FromWorker | Proof)[];
  binary: number;
}

interface Handmade {
  url: string;
  server: Server;
  seen: Seen[];
  say(at: number, messages: (ToWorker | object)[]): void;
}

/** Hangs only when the link does. */
async function until(what: string, look: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!look()) {
    assert.ok(performance.now() < deadline, what);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function withServer(
  options: { onConnect?: (seen: Seen) => void; challenges?: true; autoPong?: boolean },
  run: (handmade: Handmade) => Promise<void>,
): Promise<void> {
  const server = createServer();
  const sockets = new WebSocketServer({ server, autoPong: options.autoPong ?? true });
  if (options.challenges) sockets.on("headers", (headers) => headers.push(`${CHALLENGE_HEADER}: 1`));
  const seen: Seen[] = [];
  sockets.on("connection", (socket, request) => {
    const one: Seen = { socket, request, messages: [], binary: 0 };
    seen.push(one);
    socket.on("message", (data: Buffer, isBinary) => {
      if (isBinary) one.binary++;
      const text = isBinary ? zstdDecompressSync(data) : data;
      one.messages.push(...(JSON.parse(text.toString()) as FromWorker[]));
    });
    options.onConnect?.(one);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const say = (at: number, messages: object[]): void => seen[at]!.socket.send(JSON.stringify(messages));
  try {
    await run({ url: `http://127.0.0.1:${port}`, server, seen, say });
  } finally {
    for (const socket of sockets.clients) socket.terminate();
    server.close();
    server.closeAllConnections();
  }
}

async function withLink(
  urls: string[],
  more: Partial<LinkOptions> & { agentOptions?: Partial<AgentOptions>; token?: string },
  run: (agent: Agent) => Promise<void>,
): Promise<void> {
  const { agentOptions, token, ...linkOptions } = more;
  const agent = new Agent({
    ...{ name: "w", slots: 2, version: "test", executors: [], functions: () => [], graceMs: 100 },
    ...agentOptions,
  });
  const link = new WebSocketLink({ server: new ServerAccess({ urls, token }), agent, random: () => 0, ...linkOptions });
  link.start();
  try {
    await run(agent);
  } finally {
    link.stop();
    await agent.stop(0);
  }
}

const welcome = { type: "welcome", session: "1", heartbeatMs: 50, leaseMs: 300 } as const;

test("a server that falls silent is left after three heartbeats, and found again", async () => {
  await withServer({ autoPong: false }, async ({ url, seen, say }) => {
    const downs: string[] = [];
    await withLink([url], { onDown: (error) => downs.push(error) }, async () => {
      await until("hello", () => seen[0]?.messages.length === 1);
      say(0, [welcome]);
      await until("it comes again", () => seen.length === 2);
      assert.deepEqual(downs, ["the server fell silent"]);
    });
  });
});

test("a server that answers pings is not left, however little it says", async () => {
  await withServer({}, async ({ url, seen, say }) => {
    await withLink([url], {}, async () => {
      await until("hello", () => seen[0]?.messages.length === 1);
      say(0, [welcome]);
      const beats = (): number => seen[0]!.messages.filter(({ type }) => type === "heartbeat").length;
      await until("many heartbeats", () => beats() > 12);
      assert.equal(seen.length, 1);
    });
  });
});

test("a server that wants HTTPS says so, and the worker repeats its words", async () => {
  const detail = "this server speaks HTTPS: ask with https:// instead of http://";
  const server = createServer().on("upgrade", (_, socket) => {
    const body = JSON.stringify({ code: "malformed", detail });
    socket.end(`HTTP/1.1 400 Bad Request\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const downs: string[] = [];
  try {
    await withLink(
      [`http://127.0.0.1:${(server.address() as AddressInfo).port}`],
      { onDown: (error) => downs.push(error) },
      async () => until("it is told", () => downs.length > 0),
    );
  } finally {
    server.close();
  }
  assert.equal(downs[0], detail);
});

test("an older server, which takes no newer version, is spoken to in its own", async () => {
  await withServer({}, async ({ url, seen, say }) => {
    const labels = { zone: "attic" };
    await withLink([url], { agentOptions: { labels, units: { gpu: ["0"] } } }, async () => {
      await until("hello", () => seen[0]?.messages.length === 1);
      assert.deepEqual(pick(seen[0]!.messages[0]!, ["version", "labels", "features"]), {
        version: 3,
        labels,
        features: ["zstd", "plugins", "offer"],
      });
      const reason = "the server speaks link version 2, this worker 3: start the same version of Octopus";
      say(0, [{ type: "refuse", reason, retryable: false }]);
      await until("hello again", () => seen[1]?.messages.length === 1);
      assert.deepEqual(pick(seen[1]!.messages[0]!, ["version", "labels", "units", "features"]), { version: 2 });
    });
  });
});

test("a frame that is none ends the connection with a reason, and so does one that unpacks without end", async () => {
  const bomb = zstdCompressSync(Buffer.alloc(64 * 1024 * 1024));
  for (const [frame, words] of [
    ["{]", /is no frame/],
    ['"text"', /array of messages/],
    [bomb, /is no frame/],
  ] as const) {
    await withServer({}, async ({ url, seen }) => {
      const downs: string[] = [];
      await withLink([url], { onDown: (error) => downs.push(error) }, async () => {
        await until("hello", () => seen[0]?.messages.length === 1);
        seen[0]!.socket.send(frame);
        await until("it comes again", () => seen.length === 2);
        assert.match(downs[0]!, words);
      });
    });
  }
});

test("a worker with a key answers the challenge before it says hello; the signature is over what both sides see", async () => {
  const key = openKey(folder);
  await withServer({ challenges: true }, async ({ url, seen, say }) => {
    await withLink([url], { key: { name: "w", key } }, async () => {
      await until("the connection", () => seen.length === 1);
      const { headers } = seen[0]!.request;
      assert.deepEqual([headers["octopus-worker-key"], headers["octopus-worker-name"]], [key.publicKey, "w"]);
      say(0, [{ type: "challenge", nonce: "n1", cluster: "c1" }]);
      await until("proof and hello", () => seen[0]!.messages.length === 2);
      const [proof, hello] = seen[0]!.messages as [Proof, FromWorker];
      assert.deepEqual([proof.type, proof.name, proof.key, hello.type], ["proof", "w", key.publicKey, "hello"]);
      const publicKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: proof.key }, format: "jwk" });
      const isGood = (nonce: string): boolean =>
        verify(
          null,
          Buffer.from(proofText(nonce, "c1", "", "w")),
          publicKey,
          Buffer.from(proof.signature, "base64url"),
        );
      assert.deepEqual([isGood("n1"), isGood("n2")], [true, false]);
    });
  });
  assert.equal(openKey(folder).publicKey, key.publicKey);
});

test("a worker with a token shows that, and no key; where it is not good it is told once, in the server's words", async () => {
  const server = createServer((_request, response) => response.end());
  const shown: IncomingMessage[] = [];
  server.on("upgrade", (request, socket) => {
    shown.push(request);
    const body = JSON.stringify({ detail: "the token was revoked" });
    socket.end(`HTTP/1.1 401 Unauthorized\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const forbidden: string[] = [];
  const key = { name: "w", key: openKey(folder) };
  await withLink([url], { token: "octo_x", key, onForbidden: (reason) => forbidden.push(reason) }, async () => {
    await until("the refusal", () => forbidden.length > 0);
    assert.deepEqual(forbidden, ["the token was revoked"]);
    const { authorization, "octopus-worker-key": ofKey } = shown[0]!.headers;
    assert.deepEqual([authorization, ofKey], ["Bearer octo_x", undefined]);
  });
  server.close();
});

test("of several addresses the one that answers is taken, and the others are tried again when it is gone", async () => {
  const dead = createTcp().listen(0, "127.0.0.1");
  await once(dead, "listening");
  const { port } = dead.address() as AddressInfo;
  dead.close();
  await withServer({}, async ({ url, seen }) => {
    const downs: string[] = [];
    const urls = [`http://127.0.0.1:${port}`, url, `http://127.0.0.1:${port}`];
    await withLink(urls, { onDown: (error) => downs.push(error) }, async () => {
      await until("hello", () => seen[0]?.messages.length === 1);
      assert.deepEqual(downs, []);
      seen[0]!.socket.terminate();
      await until("hello again", () => seen[1]?.messages.length === 1);
    });
  });
});

test("another server at the same address is not given what was held for the first", async () => {
  await withServer({}, async ({ url, seen, say }) => {
    const never = { kind: "call", execute: () => new Promise<never>(() => undefined) } as const;
    await withLink([url], { agentOptions: { executors: [never] } }, async (agent) => {
      await until("hello", () => seen[0]?.messages.length === 1);
      const work = { kind: "call", call: "f" };
      const task = { task: 7, attempt: 1, id: "t7", type: "call", arm: "default", timeoutMs: 0, work };
      say(0, [
        { ...welcome, heartbeatMs: 5000, version: 3, cluster: "a" },
        { type: "assign", tasks: [task] },
      ]);
      await until("it runs", () => agent.active === 1);
      seen[0]!.socket.terminate();
      await until("hello again", () => seen[1]?.messages.length === 1);
      assert.deepEqual(pick(seen[1]!.messages[0]!, ["holds"]), { holds: [{ task: 7, attempt: 1 }] });
      say(1, [{ ...welcome, heartbeatMs: 5000, version: 3, cluster: "b" }]);
      await until("hello without it", () => seen.some(({ messages }) => isEmptyHello(messages[0], seen.length > 2)));
    });
  });
});

test("results that wait for one server went to an older one, which does not say who it is", async () => {
  const spool = new Spool({ dir: mkdtempSync(join(folder, "spool-")), bytesMax: 1024 ** 2 });
  spool.setCluster("a");
  spool.result({ task: 7, attempt: 1, report: { outcome: "succeeded" } });
  await withServer({}, async ({ url, seen, say }) => {
    const refused: string[] = [];
    const onRefuse = ({ reason }: { reason: string }): void => void refused.push(reason);
    await withLink([url], { agentOptions: { spool, onRefuse } }, async (agent) => {
      await until("hello", () => seen[0]?.messages.length === 1);
      say(0, [welcome, { type: "cancel", task: 7, attempt: 1, reason: "lost" }]);
      await until("the worker gives up", () => refused.length === 1);
      assert.match(refused[0]!, /what is held here is for a: start the worker with --server/);
      assert.equal(spool.results().length, 1, "what the other one says of its own task 7 is not heard");
      // The one that it is for comes to the same address, and is later an older version of itself.
      seen[0]!.socket.terminate();
      await until("hello again", () => seen[1]?.messages.length === 1);
      say(1, [{ ...welcome, version: 3, cluster: "a" }]);
      await until("the result", () => seen[1]!.messages.some(({ type }) => type === "result"));
      assert.deepEqual(
        seen[0]!.messages.map(({ type }) => type),
        ["hello"],
      );
      seen[1]!.socket.terminate();
      await until("the third hello", () => seen[2]?.messages.length === 1);
      say(2, [welcome]);
      await until("the result again", () => seen[2]!.messages.some(({ type }) => type === "result"));
      assert.equal(refused.length, 1);
      assert.equal(agent.active, 0);
    });
  });
});

test("what another server at the same address hears of the first one's attempts is nothing, numbers alike or not", async () => {
  await withServer({}, async ({ url, seen, say }) => {
    const running: AttemptContext[] = [];
    const end: (() => void)[] = [];
    const slow: Executor = {
      kind: "call",
      execute: (context) => {
        running.push(context);
        return new Promise((resolve) => end.push(() => resolve({ outcome: "succeeded", result: running.length })));
      },
    };
    await withLink([url], { agentOptions: { executors: [slow], graceMs: 2000 } }, async (agent) => {
      const work = { kind: "call", call: "f" };
      const assign = (task: number) => ({
        type: "assign",
        tasks: [{ task, attempt: 1, id: `t${task}`, type: "call", arm: "default", timeoutMs: 0, work }],
      });
      const welcomeOf = (cluster: string) => ({ ...welcome, heartbeatMs: 5000, version: 3, cluster });
      await until("hello", () => seen[0]?.messages.length === 1);
      say(0, [welcomeOf("a"), assign(1), assign(2), { type: "cancel", task: 2, attempt: 1, reason: "cancelled" }]);
      await until("both run", () => running.length === 2);
      seen[0]!.socket.terminate();
      await until("hello again", () => seen[1]?.messages.length === 1);
      // The other server has a first task of its own.
      say(1, [welcomeOf("b"), assign(1)]);
      await until("hello of its own", () => seen[2]?.messages.length === 1);
      assert.deepEqual(pick(seen[2]!.messages[0]!, ["holds"]), { holds: [{ task: 1, attempt: 1 }] });
      say(2, [welcomeOf("b")]);
      for (const context of running.slice(0, 2)) context.log("stdout", "for the first server");
      end[0]!();
      end[1]!();
      await until("the first one's attempts have ended", () => agent.active === 1);
      end[2]!();
      const later = () => seen[2]!.messages.filter(({ type }) => type === "result" || type === "log");
      await until("the result", () => later().length > 0);
      assert.deepEqual(
        later().map((message) => pick(message, ["type", "task", "n"])),
        [{ type: "result", task: 1, n: 1 }],
      );
      say(2, [{ type: "ack", n: 1 }]);
    });
  });
});

function isEmptyHello(message: FromWorker | Proof | undefined, isLate: boolean): boolean {
  return isLate && message?.type === "hello" && message.holds.length === 0;
}

function pick(from: object, keys: string[]): object {
  return Object.fromEntries(Object.entries(from).filter(([key]) => keys.includes(key)));
}
