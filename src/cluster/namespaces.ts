/**
 * The list of namespaces of a cluster, among the shared values: `namespaces/<shard>`, one value for each that there is or was.
 *
 * NA1  The name of a shard is given once. A namespace that is made again after it was deleted has another one (`team-a--2`), so
 *      that what a server that was away still holds is never taken for what is there now. The value of a deleted one stays.
 *      A shard whose log holds something before it is in the list is of a restore that was cut short: its name counts as given.
 * NA2  Of those who make the same namespace at once one does; the others are told that it is there.
 * NA3  A change is told on the bus, and looked for now and then: one value changes with the list.
 */
import { OctopusError } from "../base/errors.ts";
import type { Clock, Log } from "../engine/ports.ts";
import { DEFAULT_NAMESPACE, namespaceNameFault } from "../protocol/namespace-name.ts";
import type { Bus, ReplicatedLog, SharedValues } from "./ports.ts";

export interface Namespace {
  readonly name: string;
  /** What everything of it that is shared is named by. */
  readonly shard: string;
  /** When it was made, epoch milliseconds. */
  readonly at: number;
  /** Who made it, for people. */
  readonly by?: string;
  /** It is being deleted: nobody leads it any more. */
  readonly removing?: {
    readonly at: number;
    /** The last snapshot, once it is kept: from then on its log may go. */
    readonly snapshot?: string;
  };
  /** It was deleted. */
  readonly removed?: {
    readonly at: number;
    /** Name of the last snapshot among the shared objects. */
    readonly snapshot?: string;
    /** Nothing is left of it (`deleted.ts`). */
    readonly swept?: true;
  };
}

export type Deleted = Namespace & { readonly removed: NonNullable<Namespace["removed"]> };

const PREFIX = "namespaces/";
const TOPIC = "namespaces";
/** Changes with the list. */
const MARK = "namespaces-mark";
const LOOK_MS = 5000;
/** The whole list is read so often, whatever its mark says. */
const WHOLE_MS = 60_000;
const AGAIN_MAX = 10_000;

export const DEFAULT: Namespace = { name: DEFAULT_NAMESPACE, shard: DEFAULT_NAMESPACE, at: 0 };

/** Those that there are, and those that are being deleted; `default` first. */
export async function listNamespaces(values: SharedValues): Promise<Namespace[]> {
  const all = (await values.list(PREFIX)).flatMap(({ value }) => parsed(value) ?? []);
  const there = all.filter(({ removed }) => removed === undefined).sort((a, b) => (a.name < b.name ? -1 : 1));
  return [DEFAULT, ...there];
}

/** Those that were deleted and of which something is kept still. */
export async function listDeleted(values: SharedValues): Promise<Deleted[]> {
  const all = (await values.list(PREFIX)).flatMap(({ value }) => parsed(value) ?? []);
  return all.filter((one): one is Deleted => one.removed !== undefined && one.removed.swept !== true);
}

export async function markSwept(values: SharedValues, namespace: Deleted): Promise<void> {
  const { at } = namespace.removed;
  await values.set(PREFIX + namespace.shard, JSON.stringify({ ...namespace, removed: { at, swept: true } }));
}

export interface HowMade {
  /** Who makes it. */
  by?: string;
  /** When it was made, where that is not now. */
  at?: number;
  /**
   * Makes what the shard needs before anybody hears of it; where it throws there is no such namespace. `used`: its log was
   * begun already (NA1).
   */
  prepare?(shard: string): Promise<"used" | "ready">;
}

export interface NewNamespace extends HowMade {
  name: string;
  at: number;
  /** Drawn for this call. */
  nonce: string;
}

/** Whether a shard of which nobody has heard is free; makes what it needs. */
export async function prepareShard(backend: ShardMaker, shard: string): Promise<"used" | "ready"> {
  const { log } = await backend.shard(shard);
  return (await log.range()).last > 0 ? "used" : "ready";
}

interface ShardMaker {
  shard(name: string): Promise<{ readonly log: Pick<ReplicatedLog, "range"> }>;
}

/** NA2. Throws when there is one of this name, or there cannot be. */
export async function addNamespace(
  values: SharedValues,
  { name, at, by, nonce, prepare }: NewNamespace,
): Promise<Namespace> {
  const fault = namespaceNameFault(name);
  if (fault !== undefined) throw new OctopusError("invalid", `the namespace "${name}" ${fault}`);
  for (let n = 1; n <= AGAIN_MAX; n++) {
    const shard = n === 1 ? name : `${name}--${n}`;
    const namespace: Namespace = { name, shard, at, ...(by !== undefined && { by }) };
    const text = JSON.stringify({ ...namespace, nonce });
    let kept = await values.get(PREFIX + shard);
    if (kept === undefined) {
      const isUsed = (await prepare?.(shard)) === "used";
      kept = await values.createOnce(PREFIX + shard, isUsed ? JSON.stringify({ ...namespace, removed: { at } }) : text);
    }
    if (kept === text) {
      await values.set(MARK, nonce);
      return namespace;
    }
    const there = parsed(kept);
    if (there === undefined || there.removed !== undefined) continue;
    if (there.removing === undefined) throw new OctopusError("conflict", `there is a namespace "${name}" already`);
    const words = `the namespace "${name}" is being deleted: it can be made again when that has ended`;
    throw new OctopusError("conflict", words, { retryable: true });
  }
  throw new OctopusError(
    "conflict",
    `the namespace "${name}" was made and deleted ${AGAIN_MAX} times: use another name`,
  );
}

/** It is not there any more, and neither is its log. No server may run. */
export async function forgetNamespace(values: SharedValues, namespace: Namespace, at: number): Promise<void> {
  await values.set(PREFIX + namespace.shard, JSON.stringify({ ...namespace, removed: { at } }));
}

export interface NamespacesOptions {
  backend: { readonly bus: Bus; readonly values: SharedValues } & ShardMaker;
  clock: Clock;
  words: Log;
  nonce(): string;
  /** Called when the list that this server knows has changed. */
  changed(): void;
}

export class Namespaces {
  readonly #options: NamespacesOptions;
  #all: readonly Namespace[] = [DEFAULT];
  #mark: string | undefined;
  #readAt = -Infinity;
  #reading: Promise<void> | undefined;
  #isAgainDue = false;
  #ends: (() => void)[] = [];
  #cancel: () => void = () => {};
  #closed = false;

  constructor(options: NamespacesOptions) {
    this.#options = options;
    this.#ends = [options.backend.bus.subscribe(TOPIC, () => void this.refresh().catch(() => {}))];
    this.#later();
  }

  /** As far as this server knows, those that are being deleted among them. */
  get all(): readonly Namespace[] {
    return this.#all;
  }

  find(name: string): Namespace | undefined {
    return this.#all.find((each) => each.name === name);
  }

  /** Reads the list; resolves when what was there at the time of the call is known. */
  refresh(): Promise<void> {
    // What is being read may be of before.
    if (this.#reading !== undefined) this.#isAgainDue = true;
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async create(name: string, how: HowMade = {}): Promise<Namespace> {
    const { backend, clock, nonce } = this.#options;
    const prepare = (shard: string) => prepareShard(backend, shard);
    const made = await addNamespace(backend.values, { at: clock.now(), prepare, ...how, name, nonce: nonce() });
    await this.#tell();
    return made;
  }

  /** From now on it is being deleted. */
  async beginRemoval({ name, shard }: Namespace): Promise<void> {
    const { values } = this.#options.backend;
    const there = parsed((await values.get(PREFIX + shard)) ?? "");
    if (there === undefined || there.removed !== undefined)
      throw new OctopusError("not_found", `there is no namespace "${name}" any more`);
    if (there.removing === undefined) await this.#set({ ...there, removing: { at: this.#options.clock.now() } });
  }

  /** A last snapshot is kept; the answer is the namespace as it is now. */
  async seal(namespace: Namespace, snapshot: string): Promise<Namespace> {
    const sealed = { ...namespace, removing: { at: namespace.removing?.at ?? this.#options.clock.now(), snapshot } };
    await this.#set(sealed);
    return sealed;
  }

  async endRemoval({ removing, ...namespace }: Namespace): Promise<void> {
    const { snapshot } = removing ?? {};
    const removed = { at: this.#options.clock.now(), ...(snapshot !== undefined && { snapshot }) };
    await this.#set({ ...namespace, removed });
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
    for (const end of this.#ends) end();
  }

  async #set(namespace: Namespace): Promise<void> {
    const { values } = this.#options.backend;
    await values.set(PREFIX + namespace.shard, JSON.stringify(namespace));
    await values.set(MARK, this.#options.nonce());
    await this.#tell();
  }

  async #tell(): Promise<void> {
    this.#options.backend.bus.publish(TOPIC, {});
    await this.refresh();
  }

  #later(): void {
    const { clock } = this.#options;
    this.#cancel = clock.wakeAt(clock.now() + LOOK_MS, () => {
      void this.#look().finally(() => {
        if (!this.#closed) this.#later();
      });
    });
  }

  async #look(): Promise<void> {
    const { clock, backend, words } = this.#options;
    try {
      const isDue = clock.elapsed() - this.#readAt >= WHOLE_MS;
      if (isDue || (await backend.values.get(MARK)) !== this.#mark) await this.refresh();
    } catch (error) {
      words.debug({ cause: String(error) }, "the list of namespaces could not be read");
    }
  }

  async #read(): Promise<void> {
    const { values } = this.#options.backend;
    do {
      this.#isAgainDue = false;
      // First: what changes after it is found by it the next time.
      const mark = await values.get(MARK);
      const all = await listNamespaces(values);
      this.#mark = mark;
      this.#readAt = this.#options.clock.elapsed();
      if (JSON.stringify(all) === JSON.stringify(this.#all)) continue;
      this.#all = all;
      this.#options.changed();
    } while (this.#isAgainDue && !this.#closed);
  }
}

function parsed(text: string): Namespace | undefined {
  try {
    const { name, shard, at, by, removing, removed } = JSON.parse(text) as Namespace;
    if (typeof name !== "string" || typeof shard !== "string") return undefined;
    const more = { ...(by !== undefined && { by }), ...(removing && { removing }), ...(removed && { removed }) };
    return { name, shard, at, ...more };
  } catch {
    return undefined;
  }
}
