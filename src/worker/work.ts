/**
 * What runs attempts, and brings their files to and fro. A worker that has nothing to do keeps none of it in memory: each
 * part is loaded by the first attempt that needs it.
 */
import { join } from "node:path";
import type { Agent } from "./agent.ts";
import { WITHHELD } from "./attempt-env.ts";
import { makeExecutors } from "./executors/all.ts";
import type { ExecutorPlace, MakeExecutor } from "./executors/place.ts";
import { once } from "./executors/when-needed.ts";
import type { FetchFile } from "./inputs/fetch-file.ts";
import { InputFolders } from "./inputs/folders.ts";
import type { KeepFile } from "./keep-file.ts";
import type { ServerAccess } from "./reach/server-access.ts";
import type { SpawnerClient } from "./spawner/client.ts";

/** A worker connects at the latest after this time, whatever its executors still look for. */
const FIRST_LOOK_MS = 1500;

/** What a worker works with; how its files travel is for whoever makes it to say. */
export interface WorkParts extends Pick<ExecutorPlace, "settings" | "functions" | "custom" | "hasGpus" | "log"> {
  fetch: FetchFile;
  keep: KeepFile;
  /** The link costs nothing to make anew: nobody waits for what executors find out at their start. */
  isLocal?: boolean;
  /** Default: all that there are. */
  makers?: readonly MakeExecutor[];
}

/** Executors, and what else the agent needs of them; `of` joins them with it once it is there. */
export async function workOf({ keep, isLocal = false, makers, ...parts }: WorkParts) {
  const { settings, functions } = parts;
  const { killGraceMs, filesDir } = settings;
  let agent: Agent | undefined;
  let plugins: Parameters<Agent["tellPlugins"]> | undefined;
  let spawner: SpawnerClient | undefined;
  const startSpawner = once(async () => {
    const { SpawnerClient } = await import("./spawner/client.ts");
    spawner = new SpawnerClient({ graceMs: killGraceMs, withheld: WITHHELD });
    return spawner;
  });
  const place: ExecutorPlace = {
    ...parts,
    spawner: startSpawner,
    firstLook: (look) => (isLocal ? Promise.resolve(undefined) : within(FIRST_LOOK_MS, look)),
    changed: () => agent?.changed(),
    tellPlugins: (...told) => {
      plugins = told;
      agent?.tellPlugins(...told);
    },
  };
  return {
    executors: await makeExecutors(place, makers),
    keepFile: keep,
    inputs: new InputFolders(parts.fetch, filesDir && join(filesDir, "inputs")),
    functions: () => functions.names(),
    onClose: async () => spawner?.close(),
    join(joined: Agent): void {
      agent = joined;
      if (plugins !== undefined) agent.tellPlugins(...plugins);
    },
  };
}

function within<T>(ms: number, look: Promise<T>): Promise<T | undefined> {
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, ms, undefined).unref());
  return Promise.race([look, late]);
}

/** Who takes and gives files over HTTP. */
export type FileServer = Pick<ServerAccess, "request" | "mayAnswerOtherwise">;

/** Files travel over HTTP: to and from a server elsewhere. */
export function filesOverHttp(server: FileServer): Pick<WorkParts, "fetch" | "keep"> {
  const keep = once(async () => (await import("./keep-http.ts")).keepOverHttp(server));
  const fetch = once(async () => (await import("./inputs/fetch-http.ts")).fetchOverHttp(server));
  return {
    fetch: async (file, target, options) => (await fetch())(file, target, options),
    keep: async (source, options) => (await keep())(source, options),
  };
}
