/**
 * The composition root: the only file that knows every adapter. It builds and wires; it decides nothing.
 *
 * `startServer` is an engine with a store behind HTTP; `startUp` a server here and
 * a worker in a process of its own; `openEmbedded` an engine and a worker in the caller's process.
 */
import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import { OctopusError } from "./base/errors.ts";
import { startAnnouncing } from "./announcing.ts";
import { createClock } from "./clock.ts";
import type { Config } from "./config/schema.ts";
import { Engine } from "./engine/engine.ts";
import type { Log } from "./engine/ports.ts";
import { createLog } from "./log.ts";
import { EmbeddedOctopus } from "./octopus.ts";
import { loadPools, type Pools } from "./pools.ts";
import { firstTokens, type FirstTokens, openAccess, type OpenServer, type ServerAccess } from "./server-access.ts";
import { createServer } from "./server/mod.ts";
import { checkDatabase } from "./store/check.ts";
import { openStore, type Store } from "./store/store.ts";
import { LocalWorker } from "./sdk/local-worker.ts";
import type { AnyTask } from "./sdk/octopus-base.ts";
import { createOutside, ownZone } from "./outside.ts";
import { createSigner } from "./signing.ts";
import { superviseWorker } from "./supervise.ts";
import { runDemo } from "./demo.ts";
import { ownVersion } from "./version.ts";
import { Agent } from "./worker/agent.ts";
import { describeWorker, type Said } from "./worker/describe.ts";
import { createCallExecutor } from "./worker/executors/call.ts";
import { createHttpExecutor } from "./worker/executors/http.ts";
import { createShellExecutor } from "./worker/executors/shell.ts";
import type { Executor } from "./worker/executor.ts";
import { fetchLocally } from "./worker/inputs/fetch-file.ts";
import { InputFolders } from "./worker/inputs/folders.ts";
import { keepLocally } from "./worker/keep-file.ts";
import { FunctionRegistry, type RegisteredFunction } from "./worker/functions.ts";
import { ownResources, ownWorkerSettings } from "./worker-settings.ts";
import type { FeedEntry } from "./protocol/feed.ts";
import { parse } from "./protocol/parse.ts";
import { RunSubmission } from "./protocol/workflow.ts";

/** Something that has started and stays until it is stopped. */
export interface Running {
  /** Where the server answers; absent for a worker alone. */
  url?: string;
  /** Of the certificate authority of a server that speaks TLS. */
  fingerprint?: string;
  /** Where others reach the server. */
  urls?: readonly string[];
  /** At the first start of a server that asks for tokens: the only time that they are shown. */
  first?: FirstTokens;
  /** Stops with the graces that the settings give. */
  stop(): Promise<void>;
  /** Resolves when it has stopped; rejects when it cannot go on. */
  done: Promise<void>;
}

/** What an embedded Octopus may be told; everything has a default. */
export interface OpenOptions {
  /** Folder of the database, made when missing; `:memory:` keeps nothing. Default `.octopus`. */
  dataDir?: string;
  /** Tasks that run at once in this process. Default 10. */
  slots?: number;
  /** Functions that `call` tasks may name. */
  functions?: Record<string, RegisteredFunction>;
  /** Typed tasks: their handlers run here. */
  tasks?: readonly AnyTask[];
  /** Longest time of an attempt in milliseconds unless the task says otherwise; 0 = none. */
  timeoutMs?: number;
  /** Retries unless the task says otherwise. */
  retries?: number;
  /** Where Octopus itself writes what happens; default: nowhere. */
  log?: Log;
}

const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const MiB = 1024 ** 2;

/** An engine on the store, with the settings that both ways of use share. */
function createEngine(
  store: Store,
  log: Log,
  settings: Omit<ConstructorParameters<typeof Engine>[0], keyof ReturnType<typeof partsOf> | "outside"> & {
    zone: string;
    callbacks?: Config["callbacks"];
  },
): Engine {
  const parts = partsOf(store, log);
  const sign = createSigner({ ...settings.callbacks, dir: store.dir });
  const outside = createOutside({ zone: settings.zone, now: () => parts.clock.now(), sign });
  return new Engine({ ...parts, outside, ...settings });
}

function partsOf(store: Store, log: Log) {
  const { journal, library, logs, artifacts, dir } = store;
  const boot = Date.now().toString(36) + process.pid.toString(36);
  return { clock: createClock(), journal, library, logs, artifacts, log, version: ownVersion(), dataDir: dir, boot };
}

function engineFor(store: Store, log: Log, config: Config, pools?: Pools["forEngine"]): Engine {
  const engine = createEngine(store, log, {
    ...pools,
    zone: config.schedules.zone,
    callbacks: config.callbacks,
    leaseMs: config.link.lease,
    heartbeatMs: config.link.heartbeat,
    placement: config.placement.policy,
    resultBytesMax: config.limits.result,
    defaults: { timeoutMs: config.tasks.timeout ?? 0, retries: config.tasks.retries, workBytesMax: config.limits.task },
    retention: {
      keepCount: config.data.keep.count,
      keepMs: config.data.keep.age,
      logKeepMs: config.logs.keep.age,
      logBytesMax: config.logs.keep.size,
    },
  });
  return engine;
}

/** The compiler of workflow files brings a YAML parser of several megabytes: it is loaded with the first workflow. */
async function loadCompiler(): Promise<typeof import("./workflow/mod.ts").compileWorkflow> {
  return (await import("./workflow/mod.ts")).compileWorkflow;
}

/** Few servers ever see a pipeline. */
function loadPipelines(): Promise<typeof import("./workflow/pipeline-compile.ts")> {
  return import("./workflow/pipeline-compile.ts");
}

/** Settings of arms in the configuration win over what was set by hand before. */
async function configureArms(engine: Engine, config: Config): Promise<void> {
  for (const [name, { aging: agingMs, timeout: timeoutMs, types, ...rest }] of Object.entries(config.arms)) {
    await engine.configureArm(name, { ...rest, agingMs, timeoutMs, types: types && [...types] });
  }
}

interface RunningServer extends Running, OpenServer {
  url: string;
  fresh: boolean;
  engine: Engine;
}

export async function startServer(config: Config): Promise<RunningServer> {
  const log = createLog(config.log);
  const pools = await loadPools(config, log);
  const store = openStore(config.data.dir);
  const engine = engineFor(store, log, config, pools?.forEngine);
  let access: ServerAccess | undefined;
  try {
    await configureArms(engine, config);
    access = await openAccess(config, log);
    await engine.access.found(randomBytes(8).toString("hex"));
    const server = createServer({
      ...access,
      engine,
      log,
      version: ownVersion(),
      limits: {
        bodyBytes: config.limits.body,
        taskBytes: config.limits.task,
        artifactBytes: config.limits.artifact,
      },
      compile: async (text, how) => (await loadCompiler())(text, how),
      compilePipeline: async (pipeline) =>
        (await loadPipelines()).compilePipeline(pipeline, {
          now: Date.now(),
          arms: engine.arms().map(({ name }) => name),
        }),
      backup: (path) => store.backup(resolve(path)),
    });
    const { url: listened, urls } = await server.listen(config.server.host, config.server.port);
    const open = access.listens(server, listened);
    const first = access.access.isOn
      ? await firstTokens(engine.access, { urls, fingerprint: open.fingerprint })
      : undefined;
    const { url } = open;
    const meeting = { urls: [url, ...urls.filter((other) => other !== url)], fingerprint: open.fingerprint };
    pools?.listens(engine.access, access.access, meeting);
    log.info({ url, dataDir: config.data.dir, version: ownVersion() }, "server started");
    const endAnnouncing = startAnnouncing(config, {
      ...{ cluster: engine.access.cluster(), url: listened, fingerprint: open.fingerprint, log },
    });
    const { promise: done, resolve: ended } = Promise.withResolvers<void>();
    const stop = async (): Promise<void> => {
      await endAnnouncing();
      await pools?.close();
      await server.close(2000);
      await engine.close();
      access?.close();
      store.close();
      log.info({}, "server stopped");
      ended();
    };
    return { ...open, urls, ...(first && { first }), fresh: store.fresh, engine, stop, done };
  } catch (error) {
    await engine.close();
    access?.close();
    store.close();
    throw error;
  }
}

export async function startUp(config: Config, options: { demo: boolean }): Promise<Running> {
  const server = await startServer(config);
  const demo = options.demo && server.fresh ? runDemo(server.engine) : undefined;
  const settings = ownWorkerSettings(config, {
    urls: [server.url],
    fingerprint: server.fingerprint,
    token: server.workerToken,
  });
  const functions = [...settings.functions, ...(demo?.functions ?? [])];
  let failure: OctopusError | undefined;
  const worker = superviseWorker({ ...settings, functions }, createLog(config.log), (error) => {
    failure = error;
    void stop();
  });
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= worker.stop().then(() => server.stop());
    return stopping;
  };
  const done = server.done.then(() => {
    if (failure !== undefined) throw failure;
  });
  const { url, urls, fingerprint, first } = server;
  return { url, ...(urls && { urls }), ...(fingerprint && { fingerprint }), ...(first && { first }), stop, done };
}

function executorsFor(functions: FunctionRegistry, store: Store): Executor[] {
  const isOnDisk = store.dir !== ":memory:";
  const shell = createShellExecutor(isOnDisk ? { filesDir: join(filesDirOf(store.dir), "left") } : {});
  return [shell, createHttpExecutor(), createCallExecutor(functions)];
}

/** Files of other tasks, straight from the store. */
function inputsFor(engine: Engine, store: Store): InputFolders {
  const fetch = fetchLocally((sha256) => engine.openArtifact(sha256));
  return new InputFolders(fetch, store.dir === ":memory:" ? undefined : join(filesDirOf(store.dir), "inputs"));
}

/** Where the commands of the worker that belongs to this data directory leave their files until the server has them. */
function filesDirOf(dataDir: string): string {
  return join(resolve(dataDir), "attempts");
}

/** An engine in this process without a worker, for whoever decides himself when work is done. */
export interface OpenEngine {
  engine: Engine;
  /** A worker in this process for these functions, and nothing else. */
  startWorker(functions: FunctionRegistry, slots: number): LocalWorker;
  /** Ends the engine; workers must have been stopped. */
  close(): Promise<void>;
}

export function openEngine(options: Pick<OpenOptions, "dataDir" | "timeoutMs" | "retries" | "log"> = {}): OpenEngine {
  const { store, engine } = embeddedEngine(options);
  return {
    engine,
    startWorker(functions, slots) {
      const agent = new Agent({
        ...{ name: "local", slots, version: ownVersion() },
        executors: [createCallExecutor(functions)],
        functions: () => functions.names(),
        ...describeWorker({ name: "local", resources: ownResources() }, [], undefined),
        keepFile: keepLocally(() => engine.putArtifact()),
        inputs: inputsFor(engine, store),
      });
      return new LocalWorker((port) => engine.connectWorker(port, { local: true }), agent);
    },
    async close() {
      await engine.close();
      store.close();
    },
  };
}

function embeddedEngine(options: OpenOptions): { store: Store; engine: Engine } {
  const { dataDir = ".octopus", timeoutMs = 0, retries = 0 } = options;
  const store = openStore(dataDir === ":memory:" ? dataDir : resolve(dataDir));
  const engine = createEngine(store, options.log ?? SILENT, {
    zone: ownZone(),
    leaseMs: 30_000,
    heartbeatMs: 5000,
    resultBytesMax: 256 * 1024,
    defaults: { timeoutMs, retries, workBytesMax: 64 * MiB },
    retention: { keepCount: 100_000, keepMs: 30 * 86_400_000, logKeepMs: 7 * 86_400_000, logBytesMax: 1024 * MiB },
  });
  return { store, engine };
}

/** An engine and a worker in this process. */
export async function openEmbedded(options: OpenOptions = {}): Promise<EmbeddedOctopus> {
  const { slots = 10 } = options;
  if (!Number.isInteger(slots) || slots < 1)
    throw new OctopusError("invalid", `slots must be a whole number from 1, not ${slots}`);
  const functions = new FunctionRegistry();
  for (const [name, run] of Object.entries(options.functions ?? {})) functions.register(name, run);
  const { store, engine } = embeddedEngine(options);
  const octopus = assemble(store, engine, functions, { slots, name: "local", resources: ownResources() });
  octopus.add(...(options.tasks ?? []));
  return octopus;
}

function assemble(
  store: Store,
  engine: Engine,
  functions: FunctionRegistry,
  { slots, arms, ...said }: Said & { slots: number; arms?: readonly string[] | null },
): EmbeddedOctopus {
  const agent = new Agent({
    name: said.name,
    slots,
    version: ownVersion(),
    executors: executorsFor(functions, store),
    functions: () => functions.names(),
    ...describeWorker(said, [], undefined),
    ...(arms && { arms }),
    keepFile: keepLocally(() => engine.putArtifact()),
    inputs: inputsFor(engine, store),
  });
  return new EmbeddedOctopus({ engine, agent, functions, closeStore: () => store.close() });
}

/** The same by the settings of the command line, for `octopus run` where no server is. */
export async function openOctopus({ config }: { config: Config }) {
  const functions = new FunctionRegistry();
  for (const path of config.worker.functions) await functions.load(path);
  const store = openStore(config.data.dir);
  const engine = engineFor(store, createLog(config.log), config);
  await configureArms(engine, config);
  const { name, slots, resources, labels, arms } = config.worker;
  const { amounts, units } = resources;
  const octopus = assemble(store, engine, functions, { name, slots, labels, arms, resources: amounts, units });
  return {
    submitRun: async (submission: RunSubmission) => {
      const run = await engine.compileRun(parse(RunSubmission, submission));
      const { warnings = [] } = run;
      return { ...(await engine.submitRun(run)), warnings };
    },
    run: engine.run,
    runs: engine.runs,
    tasks: engine.tasks,
    explain: (id: string) => engine.explain(id),
    cancelRun: (id: string, reason?: string) => engine.cancelRun(id, reason),
    logs: engine.logs,
    subscribe: (lastId: string | undefined, listener: (entries: FeedEntry[]) => void) =>
      engine.subscribe(lastId, listener),
    backup: (path: string) => store.backup(resolve(path)),
    close: () => octopus.close(config.worker.grace),
  };
}

/** Problems of the database in `dir`, read without changing it; undefined when there is none. */
export function checkData(dir: string): string[] | undefined {
  return checkDatabase(dir);
}
