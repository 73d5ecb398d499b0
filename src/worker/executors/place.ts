/** What an executor may use of the worker that it is made for. The list of those that there are is `all.ts`. */
import type { FunctionRegistry } from "../functions.ts";
import type { Executor } from "../executor.ts";
import type { FetchFile } from "../inputs/fetch-file.ts";
import type { WorkerLog } from "../news.ts";
import type { WorkerSettings } from "../settings.ts";
import type { SpawnerClient } from "../spawner/client.ts";
import type { CustomExecutor } from "./custom-executor.ts";

/** The settings that executors look at; a program that embeds Octopus has them, too. */
export type PlaceSettings = Pick<WorkerSettings, "name" | "slots"> &
  Partial<
    Pick<WorkerSettings, "killGraceMs" | "dir" | "filesDir" | "executors" | "plugins" | "docker" | "wasm" | "policy">
  >;

export interface ExecutorPlace {
  readonly settings: PlaceSettings;
  /** Brings a file that the server keeps, by its SHA-256, to a path here. */
  readonly fetch: FetchFile;
  /** Starts commands; shared, loaded by whoever asks first, and closed by the worker. */
  spawner(): Promise<SpawnerClient>;
  readonly functions: FunctionRegistry;
  /** Executors that the program around this worker brings itself, beside those of `settings.executors`. */
  readonly custom?: readonly CustomExecutor[] | undefined;
  readonly hasGpus: boolean;
  readonly log: WorkerLog;
  /**
   * Waits for what an executor finds out at its start (is there an interpreter, an engine?), so that the first hello says
   * it. Undefined when that takes too long, or where saying it later costs nothing: then `changed` is to be called.
   */
  firstLook<T>(look: Promise<T>): Promise<T | undefined>;
  /** To be called when `isReady`, `labels` or `names` of an executor say something else than before. */
  changed(): void;
  /** All plugins that this worker has, by hash, and why it has not the others: told to the server now and at each new start. */
  tellPlugins(ready: readonly string[], failed: Readonly<Record<string, string>>): void;
}

/** Makes an executor, or none where this worker is not to have it. What it needs is loaded with its first attempt, not here. */
export type MakeExecutor = (place: ExecutorPlace) => Executor | undefined | Promise<Executor | undefined>;
