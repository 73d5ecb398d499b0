/**
 * The namespaces of a server that stands alone: a folder of its data directory each. It opens, makes and deletes them, and is
 * what the HTTP server knows of them.
 *
 * NA1  One that cannot be opened says why, in its answers and in the log, and keeps no other from being served. It is tried
 *      again.
 * NA2  Whoever was told that one was made finds it after a crash: its folder is on the disk by then.
 * NA3  What is deleted is set aside whole, and after that nothing of it is served. Until it goes it can be brought back.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as pause } from "node:timers/promises";
import { OctopusError } from "../../base/errors.ts";
import type { Config } from "../../config/schema.ts";
import type { Log } from "../../engine/ports.ts";
import { type Copyable, copyable } from "../backups.ts";
import { liveTasks, refuseLive } from "../live-tasks.ts";
import { configOf, type Namespace, type OpenHouse } from "../namespace.ts";
import {
  type Aside,
  asideFolder,
  asideIn,
  bornAt,
  bringBack,
  makeFolder,
  namesIn,
  namespacesFolder,
  putBack,
  setAside,
} from "../namespace-folders.ts";
import { takeWorkersOverNats } from "../nats-door.ts";
import { DEFAULT_NAMESPACE } from "../../protocol/namespace-name.ts";
import type { DeletedNamespaceView } from "../../protocol/namespace.ts";
import { firstTokens, type Meeting, meetingOf } from "../server-access.ts";
import { type AsideSweeper, removeAside, sweepAside } from "../set-aside.ts";
import {
  type CreatedNamespace,
  type KnownNamespace,
  type NamespaceDoor,
  type NamespaceHandler,
  unavailable,
} from "../../server/mod.ts";
import { replicaIn } from "../../store/check.ts";
import { openNamespace } from "./namespace.ts";

/** One that could not be opened is tried again. */
const AGAIN_MS = 5000;

interface Place {
  open?: Namespace;
  /** Why it is not served, when it is not open. */
  reason: string;
  isBroken: boolean;
  createdAt: string | undefined;
  /** Says the reason. */
  readonly unavailable: NamespaceHandler;
}

export class LocalNamespaces implements NamespaceDoor {
  readonly #house: () => OpenHouse;
  readonly #log: Log;
  /** Undefined: everything is in memory. */
  readonly #folder: string | undefined;
  readonly #places = new Map<string, Place>();
  readonly #keepDeletedMs: number;
  #sweeper: AsideSweeper | undefined;
  #meeting: Meeting | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #again: NodeJS.Timeout | undefined;
  #closed = false;

  /** `house` is asked once the server listens. */
  constructor(config: Config, log: Log, house: () => OpenHouse) {
    this.#house = house;
    this.#log = log;
    this.#folder = namespacesFolder(config.data.dir);
    this.#keepDeletedMs = config.data.keep.deleted;
    for (const name of [...namesIn(this.#folder), ...Object.keys(config.namespaces)])
      if (!this.#places.has(name)) this.#place(name, "it is being opened");
  }

  /** Opens what there is; resolves when each is open, or could not be. */
  async begin(meeting: Meeting): Promise<void> {
    this.#meeting = meeting;
    this.#sweeper = sweepAside(this.#house().config.data.dir, this.#keepDeletedMs, this.#log);
    for (const name of [...this.#places.keys()].toSorted()) {
      await this.#inTurn(() => this.#tryOpen(name));
      // Opening one hardly waits for anything: without a pause nobody would be answered before the last of a thousand.
      await pause();
    }
  }

  list(): readonly KnownNamespace[] {
    const others = [...this.#places].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return [
      { name: DEFAULT_NAMESPACE, state: "here" },
      ...others.map(([name, place]): KnownNamespace => viewOf(name, place)),
    ];
  }

  /** For a backup of all. */
  beside(): { others: Copyable[]; missing: string[] } {
    const all = [...this.#places].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return {
      others: all.flatMap(([name, { open }]) => (open === undefined ? [] : [copyable(name, open)])),
      missing: all.flatMap(([name, { open }]) => (open === undefined ? [name] : [])),
    };
  }

  find(name: string): NamespaceHandler | undefined {
    const place = this.#places.get(name);
    return place && (place.open?.http.handler ?? place.unavailable);
  }

  create(name: string): Promise<CreatedNamespace> {
    return this.#inTurn(async () => {
      const meeting = this.#ready();
      if (this.#places.has(name)) throw new OctopusError("conflict", `there is a namespace ${name} already`);
      const place = this.#place(name, "it is being made");
      try {
        const { engine, isClosed } = await this.#open(name, place);
        const tokens = isClosed ? await firstTokens(engine.access, meetingOf(name, meeting)) : undefined;
        this.#log.info({ namespace: name }, "made a namespace");
        return { ...viewOf(name, place), ...(tokens && { tokens }) };
      } catch (error) {
        this.#places.delete(name);
        await place.open?.close();
        if (this.#folder !== undefined) rmSync(join(this.#folder, name), { recursive: true, force: true });
        throw error;
      }
    });
  }

  remove(name: string, { force }: { force: boolean }): Promise<void> {
    return this.#inTurn(async () => {
      const place = this.#places.get(name);
      if (place === undefined) throw new OctopusError("not_found", `there is no namespace ${name}`);
      if (!force) refuseLive(name, place.open && liveTasks(place.open.engine.status().counts));
      const { open } = place;
      delete place.open;
      place.reason = "it is being deleted";
      place.isBroken = false;
      await open?.close();
      try {
        if (this.#folder !== undefined) setAside(this.#folder, name);
      } catch (error) {
        await this.#tryOpen(name);
        throw error;
      }
      this.#places.delete(name);
      this.#log.info({ namespace: name }, "deleted a namespace; its folder is set aside");
      // Where nothing is to be kept it goes now.
      await this.#sweeper?.look();
    });
  }

  async deleted(): Promise<DeletedNamespaceView[]> {
    const folder = this.#folder;
    if (folder === undefined) return [];
    return this.#aside(folder).map(({ id, name, at }) => {
      const createdAt = bornAt(asideFolder(folder), id);
      const keptUntil = new Date(at + this.#keepDeletedMs).toISOString();
      return { id, name, ...(createdAt && { createdAt }), deletedAt: new Date(at).toISOString(), keptUntil };
    });
  }

  undelete(id: string, name: string): Promise<KnownNamespace> {
    return this.#inTurn(async () => {
      this.#ready();
      if (this.#places.has(name)) throw new OctopusError("conflict", `there is a namespace ${name} already`);
      const folder = this.#folderOf(id);
      bringBack(folder, id, name);
      const place = this.#place(name, "it is being brought back");
      try {
        await this.#open(name, place);
      } catch (error) {
        this.#places.delete(name);
        await place.open?.close();
        putBack(folder, name, id);
        throw error;
      }
      this.#log.info({ namespace: name, id }, "brought a deleted namespace back");
      return viewOf(name, place);
    });
  }

  purge(id: string): Promise<void> {
    return this.#inTurn(async () => {
      await removeAside(this.#folderOf(id), id);
      this.#log.info({ id }, "removed what was kept of a deleted namespace");
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#again);
    await this.#last;
    await this.#sweeper?.close();
    await Promise.all([...this.#places.values()].map(async ({ open }) => open?.close()));
  }

  #place(name: string, reason: string): Place {
    const log = this.#log;
    const place: Place = {
      ...{ reason, isBroken: false, createdAt: this.#bornAt(name) },
      unavailable: unavailable(name, () => place.reason, log),
    };
    this.#places.set(name, place);
    return place;
  }

  #ready(): Meeting {
    if (!this.#closed && this.#meeting !== undefined) return this.#meeting;
    throw new OctopusError("not_ready", "the server is starting, or stopping: ask again", { retryable: true });
  }

  /** A replica that a server of a cluster set aside, before this directory stood alone, is none to go on with. */
  #aside(folder: string): Aside[] {
    return asideIn(folder).filter(({ id }) => replicaIn(join(asideFolder(folder), id)) === undefined);
  }

  #folderOf(id: string): string {
    const folder = this.#folder;
    if (folder !== undefined && this.#aside(folder).some((one) => one.id === id)) return folder;
    throw new OctopusError("not_found", `nothing is kept of a deleted namespace ${id}`);
  }

  #bornAt(name: string): string | undefined {
    return this.#folder === undefined ? undefined : bornAt(this.#folder, name);
  }

  /** One is made, opened or deleted at a time. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #open(name: string, place: Place): Promise<Namespace> {
    const house = this.#house();
    if (this.#folder !== undefined) makeFolder(this.#folder, name);
    const namespace = await openNamespace(house, name);
    place.open = namespace;
    place.isBroken = false;
    place.createdAt ??= this.#bornAt(name) ?? new Date().toISOString();
    namespace.meets(meetingOf(name, this.#meeting!));
    takeWorkersOverNats(configOf(house.config, name), name, namespace.http, house.log);
    return namespace;
  }

  async #tryOpen(name: string): Promise<void> {
    const place = this.#places.get(name);
    if (this.#closed || place === undefined || place.open !== undefined) return;
    try {
      await this.#open(name, place);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== place.reason)
        this.#log.error({ namespace: name, err: error }, "a namespace cannot be opened; it is tried again");
      place.reason = reason;
      place.isBroken = true;
      this.#tryAgain();
    }
  }

  #tryAgain(): void {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => {
      const broken = [...this.#places].filter(([, { isBroken }]) => isBroken);
      for (const [name] of broken) void this.#inTurn(() => this.#tryOpen(name));
    }, AGAIN_MS).unref();
  }
}

function viewOf(name: string, { open, reason, isBroken, createdAt }: Place): KnownNamespace {
  const born = createdAt === undefined ? {} : { createdAt };
  if (open !== undefined) return { name, state: "here", ...born };
  return { name, state: isBroken ? "failed" : "starting", reason, ...born };
}
