/** Namespaces behind one server on a free port, each with an engine that keeps everything in memory, for one test. */
import { OctopusError } from "../../base/errors.ts";
import type { Engine } from "../../engine/engine.ts";
import type { TokenSubmission } from "../../protocol/access.ts";
import { openEngine } from "../../root/embedded.ts";
import { openAudit } from "../../store/audit.ts";
import { compileWorkflow } from "../../workflow/mod.ts";
import { compilePipeline } from "../../workflow/pipeline-compile.ts";
import { createToken, type NewToken } from "../access/new-token.ts";
import type { AccessOptions, HttpServer, ServerOptions } from "../options.ts";
import { createServer } from "../server.ts";
import { type Answer, type Harness, startHarness } from "../testing/harness.ts";
import type { CreatedNamespace, KnownNamespace, MainServer, NamespaceDoor } from "./door.ts";

const MiB = 1024 ** 2;
const LIVE = ["blocked", "scheduled", "queued", "running"] as const;
const quiet = (): void => {};
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

interface OpenNamespace {
  engine: Engine;
  server: HttpServer;
  close(): Promise<void>;
}

export interface NamespacesHarness extends Harness {
  readonly door: NamespaceDoor;
  /** Those that are open. */
  readonly open: ReadonlyMap<string, OpenNamespace>;
  /** Makes a token; without a namespace, in `default`. */
  token(namespace: string | undefined, role: TokenSubmission["role"], arms?: string[]): Promise<NewToken>;
  /** Asks with a token, or without one. */
  as(token: string | undefined, method: string, path: string, body?: unknown): Promise<Answer>;
}

interface Change {
  isOn?: boolean;
  /** More of the main server, and of every namespace. */
  main?: Partial<ServerOptions>;
  each?: (name: string, engine: Engine) => Partial<ServerOptions>;
  /** Who serves them, in place of their own servers. */
  find?: NamespaceDoor["find"];
}

/** Starts it with these namespaces; `await using` ends it. */
export async function startNamespaces(names: readonly string[], change: Change = {}): Promise<NamespacesHarness> {
  const { isOn = false, main = {} } = change;
  const door = new MadeDoor(change);
  const harness = await startHarness({ access: accessOf(isOn), namespaces: door, ...main });
  door.main = harness.server.main;
  for (const name of names) door.start(name);
  return {
    ...{ ...harness, door, open: door.open },
    token(namespace, role, arms) {
      const { engine } = namespace === undefined ? harness : door.open.get(namespace)!;
      const token = { name: `${namespace ?? "default"} ${role}`, role, ...(arms && { arms }) };
      return createToken(engine.access, token, { by: "test", now: Date.now(), meeting: { urls: [harness.url] } });
    },
    as: (token, method, path, body) =>
      harness.ask(path, {
        method,
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    async [Symbol.asyncDispose]() {
      for (const one of door.open.values()) await one.close();
      await harness[Symbol.asyncDispose]();
    },
  };
}

class MadeDoor implements NamespaceDoor {
  readonly open = new Map<string, OpenNamespace>();
  readonly #change: Change;
  main: MainServer | undefined;

  constructor(change: Change) {
    this.#change = change;
  }

  start(name: string): OpenNamespace {
    const { isOn = false, each } = this.#change;
    const { engine, close } = openEngine({ dataDir: ":memory:" });
    const server = createServer({
      ...{ engine, log, version: "0.0.0-test", compile: compileWorkflow, access: accessOf(isOn) },
      compilePipeline: (pipeline) => compilePipeline(pipeline, { now: Date.now(), arms: [] }),
      limits: { bodyBytes: 8 * MiB, taskBytes: 64 * 1024, artifactBytes: MiB },
      ...each?.(name, engine),
      namespace: { name, main: this.main! },
    });
    const opened = { engine, server, close: () => server.close(500).then(close) };
    this.open.set(name, opened);
    return opened;
  }

  list(): readonly KnownNamespace[] {
    return ["default", ...this.open.keys()].map((name) => ({ name, state: "here" }));
  }

  find(name: string): ReturnType<NamespaceDoor["find"]> {
    const { find } = this.#change;
    return find === undefined ? this.open.get(name)?.server.handler : find(name);
  }

  async create(name: string): Promise<CreatedNamespace> {
    if (this.open.has(name)) throw new OctopusError("conflict", `there is a namespace ${name} already`);
    const { engine } = this.start(name);
    if (this.#change.isOn !== true) return { name, state: "here" };
    const how = { by: "test", now: Date.now(), meeting: { urls: this.main!.urls() } };
    const { secret: admin } = await createToken(engine.access, { name: "admin", role: "admin" }, how);
    const { join } = await createToken(engine.access, { name: "workers", role: "worker" }, how);
    return { name, state: "here", tokens: { admin, join: join! } };
  }

  /** Nothing is kept of what was in memory. */
  async deleted(): Promise<[]> {
    return [];
  }

  undelete(): Promise<never> {
    return this.purge();
  }

  async purge(): Promise<never> {
    throw new OctopusError("not_found", "nothing is kept of it");
  }

  async remove(name: string, { force }: { force: boolean }): Promise<void> {
    const { engine, close } = this.open.get(name)!;
    const { counts } = engine.status();
    const live = LIVE.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
    if (live > 0 && !force) throw new OctopusError("conflict", `${live} tasks of ${name} have not ended`);
    this.open.delete(name);
    await close();
  }
}

function accessOf(isOn: boolean): AccessOptions {
  const audit = openAudit(":memory:");
  const refusals = { limit: 20, perMs: 60_000, burst: 20 };
  return { isOn, connectionsMax: 1000, requests: null, refusals, workers: null, audit, auditKeepMs: 86_400_000 };
}
