/**
 * Whether a container engine is there. It may come and go while the worker runs: one that is not there is looked for again
 * and again, one that is there is believed until an attempt finds otherwise.
 *
 * PR1  When an engine is found, what was left there is removed before it is used.
 */
import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import type { WorkerLog } from "../news.ts";
import type { EngineClient } from "./client.ts";
import type { EngineHost } from "./host.ts";

const LOOK_EVERY_MS = 30_000;
const LOOK_OFTEN_MS = 200;
const PING_MS_MAX = 2000;

export interface PresenceOptions {
  hosts: readonly EngineHost[];
  /** Whose containers are ours. */
  owner: () => string;
  /** A person wants one to be there: that there is none is worth a word. */
  isWanted: boolean;
  log: WorkerLog;
  /** It came or went. */
  changed: () => void;
  lookEveryMs?: number | undefined;
}

export class Presence {
  /** Names of the containers that are in use. */
  readonly held = new Set<string>();
  readonly #options: PresenceOptions;
  #engine: EngineClient | undefined;
  /** Containers of ours may be there that could not be removed. */
  #hasLeft = true;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #isClosed = false;
  #lastWord = "";

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  get engine(): EngineClient | undefined {
    return this.#engine;
  }

  /** Looks once, and from then on as often as there is something to look for. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
      const isDone = this.#engine !== undefined && !this.#hasLeft;
      if (isDone || this.#isClosed) return;
      this.#timer ??= globalThis
        .setTimeout(() => {
          this.#timer = undefined;
          void this.look();
        }, this.#options.lookEveryMs ?? LOOK_EVERY_MS)
        .unref();
    });
    return this.#looking;
  }

  /** Looks often for so long. Undefined when none came, or the attempt that waits is to end. */
  async wait(ms: number, signal: AbortSignal): Promise<EngineClient | undefined> {
    const until = performance.now() + ms;
    while (this.#engine === undefined && !signal.aborted && performance.now() < until) {
      await this.look();
      if (this.#engine === undefined) await setTimeout(LOOK_OFTEN_MS, undefined, { signal }).catch(() => undefined);
    }
    return this.#engine;
  }

  /** An attempt got no answer. */
  lost(): void {
    if (this.#engine === undefined) return;
    this.#engine = undefined;
    this.#hasLeft = true;
    this.#options.changed();
    void this.look();
  }

  /** A container could not be removed. */
  left(): void {
    this.#hasLeft = true;
    void this.look();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const before = this.#engine;
    const found = before ?? (await this.#find());
    if (found === undefined) return;
    if (this.#hasLeft) await this.#tidy(found);
    if (before === this.#engine) this.#engine = found;
    if (before === undefined && !this.#isClosed) this.#options.changed();
  }

  async #find(): Promise<EngineClient | undefined> {
    const { hosts, isWanted, log } = this.#options;
    let why = "nobody listens there";
    for (const host of hosts) {
      // On a machine without an engine a look costs no more than this.
      if (host.socketPath !== undefined && process.platform !== "win32" && !existsSync(host.socketPath)) continue;
      const engine = new (await import("./client.ts")).EngineClient(host);
      try {
        const { api, isLinux } = await engine.ping(PING_MS_MAX);
        if (!isLinux) throw new Error("it runs Windows containers, which Octopus does not");
        this.#say("info", `a container engine answers at ${host.shown} (API ${api})`);
        return engine;
      } catch (error) {
        why = `${host.shown}: ${error instanceof Error ? error.message : String(error)}`;
        if (/EACCES|EPERM/.test(why)) why += "; the worker's user must be allowed to use it (group docker)";
      }
    }
    const places = hosts.map(({ shown }) => shown).join(", ");
    if (isWanted)
      this.#say("warn", `no container engine answers (${why}); looked at ${places}. docker tasks wait until one does`);
    else if (why !== "nobody listens there") log.info({}, `docker tasks are not taken: ${why}`);
    return undefined;
  }

  async #tidy(engine: EngineClient): Promise<void> {
    const { owner, log } = this.#options;
    this.#hasLeft = false;
    try {
      const { reapContainers } = await import("./reap.ts");
      const removed = await reapContainers(engine, owner(), this.held);
      if (removed > 0) log.info({ containers: removed }, "removed containers that were left behind");
    } catch (error) {
      this.#hasLeft = true;
      const why = error instanceof Error ? error.message : String(error);
      this.#say("warn", `containers that were left behind could not be removed: ${why}; trying again`);
    }
  }

  /** The same is not said at every look. */
  #say(level: "info" | "warn", text: string): void {
    if (text === this.#lastWord) return;
    this.#lastWord = text;
    this.#options.log[level]({}, text);
  }
}
