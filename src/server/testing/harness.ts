/** A server on a free port with an engine behind it that keeps everything in memory, for one test. */
import { createConnection } from "node:net";
import { once } from "node:events";
import type { Engine } from "../../engine/engine.ts";
import { openEngine } from "../../root/embedded.ts";
import type { CommandPolicy } from "../../policy/policy.ts";
import { compileWorkflow } from "../../workflow/mod.ts";
import { compilePipeline } from "../../workflow/pipeline-compile.ts";
import type { HttpServer, Limits, Log, ServerOptions } from "../options.ts";
import { createServer } from "../server.ts";
import { HandWorker } from "./hand-worker.ts";
import { type Listeners, watchListeners } from "./listeners.ts";

export interface Harness {
  readonly url: string;
  readonly port: number;
  readonly engine: Engine;
  readonly listeners: Listeners;
  readonly server: HttpServer;
  /** What was logged as an error. */
  readonly errors: object[];
  /** Connects a worker that does what the test says. */
  worker(...functions: string[]): HandWorker;
  /** How many tasks there are. */
  count(): number;
  /** Asks, and reads the answer as JSON where it is. */
  ask(path: string, init?: RequestInit): Promise<Answer>;
  /** Sends bytes on a bare socket; answers all that comes back until the other side closes. */
  raw(bytes: string): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface Answer {
  status: number;
  headers: Headers;
  // Tests look into answers of many shapes.
  // oxlint-disable-next-line no-explicit-any
  body: any;
}

type HarnessChange = Partial<Omit<ServerOptions, "limits">> & { limits?: Partial<Limits>; policy?: CommandPolicy };
const MiB = 1024 ** 2;

/** Starts a server; `await using` ends it. */
export async function startHarness({ policy, ...change }: HarnessChange = {}, host = "127.0.0.1"): Promise<Harness> {
  const { engine, close } = openEngine({ dataDir: ":memory:", ...(policy && { policy }) });
  const listeners = watchListeners(engine);
  const errors: object[] = [];
  const quiet = (): void => {};
  const log: Log = { debug: quiet, info: quiet, warn: quiet, error: (fields) => void errors.push(fields) };
  const server = createServer({
    engine,
    log,
    version: "0.0.0-test",
    compile: compileWorkflow,
    compilePipeline: (pipeline) =>
      compilePipeline(pipeline, { now: Date.now(), arms: engine.arms().map(({ name }) => name) }),
    ...change,
    limits: { bodyBytes: 8 * MiB, taskBytes: 64 * 1024, artifactBytes: MiB, ...change.limits },
  });
  const { url } = await server.listen(host, 0);
  const port = Number(new URL(url).port);
  return {
    url,
    port,
    engine,
    listeners,
    worker: (...functions) => new HandWorker(engine, functions),
    count: () => Object.values(engine.status().counts).reduce((sum, count) => sum + count, 0),
    server,
    errors,
    async ask(path, init) {
      const response = await fetch(url + path, init);
      const text = await response.text();
      const isJson = /json/.test(response.headers.get("content-type") ?? "");
      return {
        status: response.status,
        headers: response.headers,
        body: isJson && text !== "" ? JSON.parse(text) : text,
      };
    },
    async raw(bytes) {
      const socket = createConnection(port, "127.0.0.1");
      socket.on("error", quiet);
      let seen = "";
      socket.setEncoding("latin1").on("data", (text: string) => (seen += text));
      socket.write(bytes);
      await once(socket, "close");
      return seen;
    },
    async [Symbol.asyncDispose]() {
      await server.close(0);
      await close();
    },
  };
}

/** A request that posts JSON. */
export function post(value: unknown, type = "application/json"): RequestInit {
  const body = typeof value === "string" ? value : JSON.stringify(value);
  return { method: "POST", body, headers: { "content-type": type } };
}
