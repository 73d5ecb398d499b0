/**
 * What a server of a cluster does only while it leads: it takes workers over NATS, publishes what lies in its folder of
 * plugins, listens to triggers, sets arms as its configuration says, and names the cluster when nobody has.
 *
 * LW1  What was begun for one term has ended before anything of the next begins, and before the server stops.
 * LW2  Nothing of it is needed to be led: where a part fails, the rest goes on, the log says so, and the part is tried again
 *      until it begins or the term ends.
 */
import { randomBytes } from "node:crypto";
import { existsSync, renameSync, rmSync } from "node:fs";
import { OctopusError } from "../../base/errors.ts";
import { natsSettingsOf } from "./settings.ts";
import type { Shard } from "../../cluster/shard.ts";
import type { Config } from "../../config/schema.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Log } from "../../engine/ports.ts";
import { configureArms } from "../engine-on-store.ts";
import { Ends } from "../ends.ts";
import { openPluginsOf, pluginsDirOf } from "../plugin-door.ts";
import type { HttpServer, ServerOptions } from "../../server/mod.ts";
import { openTriggers } from "../trigger-door.ts";

type PluginDoor = NonNullable<ServerOptions["plugins"]>;
type TriggerDoor = NonNullable<ServerOptions["triggers"]>;

export interface LeadWorkOptions {
  config: Config;
  engine: Engine;
  /** By its name workers find it over NATS. */
  namespace: string;
  log: Log;
}

/** Between two tries of what could not be begun. */
const AGAIN_MS_MIN = 2000;
const AGAIN_MS_MAX = 60_000;

interface Part {
  what: string;
  part(): Promise<void>;
  waitMs: number;
}

export class LeadWork {
  readonly #options: LeadWorkOptions;
  #plugins: PluginDoor | undefined;
  #triggers: TriggerDoor | undefined;
  readonly #ends: Ends;
  #last: Promise<void> = Promise.resolve();
  /** Resolves when a first term's work has begun. */
  readonly begun = Promise.withResolvers<void>();

  constructor(options: LeadWorkOptions) {
    this.#options = options;
    this.#ends = new Ends(options.log, "a part of what a leader does");
  }

  /** For the routes, whoever leads: while this server does not, they are asked of the one that does. */
  get plugins(): PluginDoor {
    return {
      put: (...words) => present(this.#plugins).put(...words),
      remove: (...words) => present(this.#plugins).remove(...words),
    };
  }

  get triggers(): TriggerDoor | undefined {
    if (Object.keys(this.#options.config.triggers).length === 0) return undefined;
    const door = (): TriggerDoor => present(this.#triggers);
    return {
      list: () => door().list(),
      show: (name) => door().show(name),
      pause: (name, paused) => door().pause(name, paused),
      test: (name, event) => door().test(name, event),
      hook: (name) => door().hook(name),
      receive: (name, delivery) => door().receive(name, delivery),
    };
  }

  /** Begins with each term of this server, and ends with it. */
  follow(shard: Shard, server: HttpServer): void {
    shard.onRole((role) => {
      if (role === "leader") this.#do(() => this.#begin(shard, server));
      else this.#do(() => this.#end());
    });
    if (shard.role === "leader") this.#do(() => this.#begin(shard, server));
  }

  /** Ends what has begun. */
  async close(): Promise<void> {
    this.#do(() => this.#end());
    await this.#last;
  }

  #do(work: () => Promise<void>): void {
    this.#last = this.#last.then(work).catch((error: unknown) => {
      this.#options.log.error({ err: error }, "what a leader has beside its shard could not be begun or ended");
    });
  }

  async #begin(shard: Shard, server: HttpServer): Promise<void> {
    const { config, engine } = this.#options;
    const parts: [string, () => Promise<void>][] = [
      ["the name of the cluster", () => engine.access.found(randomBytes(8).toString("hex"))],
      ["workers over NATS", () => this.#takeWorkers(shard, server)],
      ["the settings of arms", () => configureArms(engine, config)],
      ["the folder of plugins", () => this.#openPlugins()],
      ["triggers", () => this.#openTriggers()],
    ];
    for (const [what, part] of parts) {
      if (shard.role !== "leader") return;
      await this.#try({ what, part, waitMs: AGAIN_MS_MIN });
    }
    this.begun.resolve();
  }

  async #try({ what, part, waitMs }: Part): Promise<void> {
    try {
      await part();
    } catch (error) {
      if (error instanceof OctopusError && error.code === "not_leader") return;
      this.#options.log.error({ err: error, againMs: waitMs }, `${what}: this could not be begun; it is tried again`);
      let isOver = false;
      const again = { what, part, waitMs: Math.min(waitMs * 2, AGAIN_MS_MAX) };
      const timer = setTimeout(() => this.#do(async () => (isOver ? undefined : this.#try(again))), waitMs);
      this.#ends.push(() => {
        isOver = true;
        clearTimeout(timer);
      });
    }
  }

  async #takeWorkers(shard: Shard, server: HttpServer): Promise<void> {
    const { config } = this.#options;
    const nats = natsSettingsOf(config);
    const term = shard.leader()?.term;
    if (nats === undefined || term === undefined) return;
    const { name: cluster, server: own, events } = config.cluster;
    const options = { nats, cluster, shard: this.#options.namespace, server: own, term, events };
    const workers = await server.workersOverNats(options);
    this.#ends.push(() => workers.close());
  }

  /**
   * A folder in the data directory is a copy of the catalogue, as that may have changed while others led: it is made anew,
   * and what lay there is kept beside it. A folder that the settings name is the deployment's own, and the same everywhere.
   */
  async #openPlugins(): Promise<void> {
    const { config, engine, log } = this.#options;
    const dir = pluginsDirOf(config);
    if (config.plugins.dir === null && engine.plugins.list().length > 0 && existsSync(dir)) {
      rmSync(`${dir}.before`, { recursive: true, force: true });
      renameSync(dir, `${dir}.before`);
    }
    const folder = await openPluginsOf(config, this.#options.namespace, engine.plugins, log);
    this.#plugins = folder;
    this.#ends.push(() => folder.close());
  }

  async #openTriggers(): Promise<void> {
    const { config, engine, log } = this.#options;
    const triggers = await openTriggers(config, engine, log);
    if (triggers === undefined) return;
    this.#triggers = triggers;
    this.#ends.push(() => triggers.close());
  }

  async #end(): Promise<void> {
    this.#plugins = undefined;
    this.#triggers = undefined;
    await this.#ends.run();
  }
}

function present<T>(door: T | undefined): T {
  if (door !== undefined) return door;
  throw new OctopusError("not_ready", "this server begins to lead, or ceases to: ask again", { retryable: true });
}
