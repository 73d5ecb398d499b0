/** An engine and a worker in the caller's own process: `openEmbedded`, and by the command line's settings `openOctopus`. */
import { join, resolve } from "node:path";
import { OctopusError } from "../base/errors.ts";
import type { Config } from "../config/schema.ts";
import type { Engine } from "../engine/engine.ts";
import type { Log } from "../engine/ports.ts";
import { createLog } from "./log.ts";
import { EmbeddedOctopus } from "../octopus.ts";
import { adapterCopies, type AdapterSettings, openPluginsAt, pluginsDirOf } from "./plugin-door.ts";
import type { CommandPolicy } from "../policy/policy.ts";
import type { PluginFolder } from "../plugins/folder.ts";
import { openStore, type Store } from "../store/store.ts";
import { LocalWorker } from "../sdk/local-worker.ts";
import type { AnyTask } from "../sdk/octopus-base.ts";
import { ownZone } from "./outside.ts";
import { ownVersion } from "./version.ts";
import { Agent } from "../worker/agent.ts";
import { describeWorker, type Said } from "../worker/describe.ts";
import { OWN_CODE } from "../worker/executors/all.ts";
import type { CustomExecutor } from "../worker/executors/custom-executor.ts";
import type { PlaceSettings } from "../worker/executors/place.ts";
import { type FetchFile, fetchLocally } from "../worker/inputs/fetch-file.ts";
import { keepLocally } from "../worker/keep-file.ts";
import { FunctionRegistry, type RegisteredFunction } from "../worker/functions.ts";
import { workOf } from "../worker/work.ts";
import { executorSettings, ownResources } from "./worker-settings.ts";
import type { FeedEntry } from "../protocol/feed.ts";
import { parse } from "../protocol/parse.ts";
import { RunSubmission } from "../protocol/workflow.ts";
import { backUpHere } from "./backups-here.ts";
import { configureArms, createEngine, engineFor } from "./engine-on-store.ts";

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
  /** Executors for tasks with `uses`. */
  executors?: readonly CustomExecutor[];
  /** Folder of plugins that tasks may call; it is made when missing, and watched. */
  plugins?: string;
  /** Adapters for handlers, as `context.adapters`: each a plugin, of that folder or one that comes with Octopus, and its settings. */
  adapters?: Readonly<Record<string, AdapterSettings>>;
  /** Longest time of an attempt in milliseconds unless the task says otherwise; 0 = none. */
  timeoutMs?: number;
  /** Retries unless the task says otherwise. */
  retries?: number;
  /** Where Octopus itself writes what happens; default: nowhere. */
  log?: Log;
}

const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const MiB = 1024 ** 2;

function fetchFrom(engine: Engine): FetchFile {
  return fetchLocally((sha256) => engine.openArtifact(sha256));
}

/** Where the commands of the worker that belongs to this data directory leave their files until the server has them. */
function filesDirOf(dataDir: string): string {
  return join(resolve(dataDir), "attempts");
}

/** An engine in this process without a worker, for whoever decides himself when work is done. */
export interface OpenEngine {
  engine: Engine;
  /** A worker in this process for these functions, and nothing else. */
  startWorker(functions: FunctionRegistry, slots: number): Promise<LocalWorker>;
  /** Ends the engine; workers must have been stopped. */
  close(): Promise<void>;
}

export function openEngine(
  options: Pick<OpenOptions, "dataDir" | "timeoutMs" | "retries" | "log" | "plugins" | "adapters"> & {
    policy?: CommandPolicy;
  } = {},
): OpenEngine {
  const { adapters, log = SILENT, plugins: dir = folderForAdapters(options) } = options;
  const { store, engine } = embeddedEngine(options);
  let plugins: Promise<PluginFolder> | undefined;
  return {
    engine,
    async startWorker(functions, slots) {
      if (dir !== undefined) await (plugins ??= openPluginsAt(dir, engine.plugins, log, adapters));
      const { join: meet, ...work } = await workOf({
        settings: { name: "local", slots, ...(store.dir !== ":memory:" && { filesDir: filesDirOf(store.dir) }) },
        ...{ functions, hasGpus: false, log, isLocal: true, makers: OWN_CODE },
        fetch: fetchFrom(engine),
        keep: keepLocally(() => engine.putArtifact()),
      });
      const agent = new Agent({
        ...{ name: "local", slots, version: ownVersion() },
        ...work,
        ...describeWorker({ name: "local", resources: ownResources() }, [], undefined),
      });
      meet(agent);
      return new LocalWorker((port) => engine.connectWorker(port, { local: true }), agent);
    },
    async close() {
      await (await plugins)?.close();
      await engine.close();
      store.close();
    },
  };
}

function embeddedEngine(options: OpenOptions & { policy?: CommandPolicy }): { store: Store; engine: Engine } {
  const { dataDir = ".octopus", timeoutMs = 0, retries = 0 } = options;
  const store = openStore(dataDir === ":memory:" ? dataDir : resolve(dataDir));
  const engine = createEngine(store, options.log ?? SILENT, {
    zone: ownZone(),
    adapters: adapterCopies(options.adapters ?? {}),
    policy: options.policy,
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
  const { executors: custom, adapters, plugins = folderForAdapters(options) } = options;
  const { store, engine } = embeddedEngine(options);
  const said = { slots, name: "local", resources: ownResources() };
  const code = { functions, custom, adapters, plugins };
  const octopus = await assemble(store, engine, code, said);
  octopus.add(...(options.tasks ?? []));
  return octopus;
}

/** Plugins of adapters lie with the data. */
function folderForAdapters({ adapters = {}, dataDir = ".octopus" }: OpenOptions): string | undefined {
  if (Object.keys(adapters).length === 0) return undefined;
  if (dataDir !== ":memory:") return join(dataDir, "plugins");
  throw new OctopusError("invalid", "adapters need a folder for their plugins: name one as plugins, or give a dataDir");
}

interface OwnCode {
  functions: FunctionRegistry;
  custom?: readonly CustomExecutor[] | undefined;
  /** Folder of plugins. */
  plugins?: string | undefined;
  adapters?: Readonly<Record<string, AdapterSettings>> | undefined;
}

async function assemble(
  store: Store,
  engine: Engine,
  code: OwnCode,
  { slots, arms, settings, log = SILENT, ...said }: Said & AssembleOptions,
): Promise<EmbeddedOctopus> {
  const filesDir = store.dir === ":memory:" ? {} : { filesDir: filesDirOf(store.dir) };
  const { plugins: dir, adapters, ...own } = code;
  const opening = dir === undefined ? undefined : openPluginsAt(dir, engine.plugins, log, adapters);
  const plugins = await opening?.catch(async (error: unknown) => {
    await engine.close();
    store.close();
    throw error;
  });
  const { join: meet, ...work } = await workOf({
    ...own,
    settings: { name: said.name, slots, ...filesDir, ...settings },
    hasGpus: false,
    log,
    fetch: fetchFrom(engine),
    keep: keepLocally(() => engine.putArtifact()),
    isLocal: true,
  });
  const agent = new Agent({
    ...{ name: said.name, slots, version: ownVersion() },
    ...work,
    ...describeWorker(said, [], undefined),
    ...(arms && { arms }),
  });
  meet(agent);
  return new EmbeddedOctopus({ engine, agent, functions: code.functions, plugins, closeStore: () => store.close() });
}

interface AssembleOptions {
  slots: number;
  arms?: readonly string[] | null;
  /** What the configuration says of executors. */
  settings?: Partial<PlaceSettings>;
  log?: Log;
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
  const said = { name, slots, labels, arms, resources: amounts, units };
  const settings = executorSettings(config);
  const code = { functions, plugins: pluginsDirOf(config), adapters: config.adapters };
  const octopus = await assemble(store, engine, code, { ...said, settings });
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
    backup: (path: string): ReturnType<typeof backUpHere> => backUpHere(resolve(path), config.data.dir, store),
    close: () => octopus.close(config.worker.grace),
  };
}
