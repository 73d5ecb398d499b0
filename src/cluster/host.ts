/**
 * The shards of a cluster on one server: holds those that are its to hold, moves them when servers come and go, and knows of all
 * others who leads them.
 *
 * HO1  Who holds a replica rests on lists that every server sees (spread.ts), and no consensus: whoever opens a replica too
 *      many has a copy too many, whoever lets go of one does so only when the others have it (HM1).
 * HO2  `default` is held by every server, from the start to the end.
 * HO3  What is done with one shard is done one after the other (`#work`): it is never opened while it is being dropped.
 */
import { hashText } from "../base/hash.ts";
import { OctopusError } from "../base/errors.ts";
import { DifferingWatch } from "./differing.ts";
import { whoCannotRead } from "./forms.ts";
import { HOST_SETTINGS, type HostedShard, type HostedView, type ShardHostOptions } from "./host-options.ts";
import { viewOf } from "./host-view.ts";
import { moves, type SeenShard } from "./host-moves.ts";
import type { Member } from "./member.ts";
import { DEFAULT, type HowMade, type Namespace, Namespaces } from "./namespaces.ts";
import type { Leadership } from "./ports.ts";
import { Removals } from "./removal.ts";
import { type Place, spread } from "./spread.ts";

/** How long the others are waited for at the start. */
const ASK_MS = 1000;
const READ_AGAIN_MS = 500;
/** How long a call waits until what it began has come to be. */
const DONE_MS = 60_000;

export class ShardHost {
  readonly #options: ShardHostOptions;
  readonly #settings: typeof HOST_SETTINGS;
  readonly #namespaces: Namespaces;
  readonly #removals: Removals;
  readonly #differing: DifferingWatch;
  /** By name of the shard. */
  readonly #held = new Map<string, { namespace: Namespace; hosted: HostedShard }>();
  readonly #work = new Map<string, Promise<void>>();
  /** When one that could not be opened may be tried again. */
  readonly #againAt = new Map<string, number>();
  /** By server and shard since when it has reported the shard without trouble. */
  #fitSince = new Map<string, number>();
  #places: ReadonlyMap<string, Place> = new Map();
  #spreadOf = "";
  #quietSince = Infinity;
  #handedOverAt = -Infinity;
  readonly #listeners = new Set<() => void>();
  readonly #ends: (() => void)[] = [];
  #cancel: () => void = () => {};
  /** Shards that lie here from before and are still to be opened. */
  readonly #kept = new Set<string>();
  #isStarted = false;
  #closed = false;

  constructor(options: ShardHostOptions) {
    this.#options = options;
    this.#settings = { ...HOST_SETTINGS, ...options.settings };
    const { backend, members, clock, words, nonce } = options;
    this.#namespaces = new Namespaces({ backend, clock, words, nonce, changed: () => this.#changed() });
    this.#removals = new Removals({ ...options, namespaces: this.#namespaces });
    this.#differing = new DifferingWatch(words);
    members.tells(options);
    this.#ends.push(members.pulse.onSeat(() => this.#tell()));
  }

  /** Resolves when `default` is open and the list of namespaces is known; the others follow by themselves. */
  async start(): Promise<void> {
    await this.#open(DEFAULT);
    await this.#known();
    this.#isStarted = true;
    this.#openKept();
    this.#look();
  }

  held(name: string): HostedShard | undefined {
    const namespace = this.#find(name);
    return namespace && this.#held.get(namespace.shard)?.hosted;
  }

  /** All namespaces that there are, `default` first. */
  names(): readonly string[] {
    return this.#there.map(({ name }) => name);
  }

  /** Undefined: there is none of this name. */
  namespace(name: string): Namespace | undefined {
    return this.#find(name);
  }

  /** Of any shard, held here or not; undefined: nobody leads it. */
  leader(name: string): Leadership | undefined {
    const namespace = this.#find(name);
    if (namespace === undefined) return undefined;
    const held = this.#held.get(namespace.shard)?.hosted.shard.leader();
    const seat = held ?? this.#options.members.pulse.seat(namespace.shard);
    return seat === undefined || seat.server === "" ? undefined : seat;
  }

  /** Called when there are other namespaces, or this server holds others, or another server leads one. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when the namespace is there and somebody leads it. */
  async create(name: string, how?: HowMade): Promise<Namespace> {
    const made = await this.#namespaces.create(name, how);
    const late = `the namespace "${name}" is made, and no server leads it yet: look again in a moment`;
    await this.#until(() => this.leader(name) !== undefined, late);
    return made;
  }

  /** Resolves when its log is deleted; a last snapshot of it stays among the shared objects. */
  async remove(name: string): Promise<void> {
    const namespace = this.#find(name);
    if (name === DEFAULT.name) throw new OctopusError("invalid", 'the namespace "default" cannot be deleted');
    if (namespace === undefined) throw new OctopusError("not_found", `there is no namespace "${name}"`);
    await this.#namespaces.beginRemoval(namespace);
    const isGone = (): boolean => this.#namespaces.all.every(({ shard }) => shard !== namespace.shard);
    const late = `the namespace "${name}" is being deleted: that goes on by itself as soon as a server that holds it is there`;
    await this.#until(isGone, late);
  }

  view(): readonly HostedView[] {
    const { members } = this.#options;
    const living = members.living();
    return this.#namespaces.all.map((namespace) =>
      viewOf({
        namespace,
        living,
        place: this.#places.get(namespace.shard),
        seat: members.pulse.seat(namespace.shard),
        last: members.pulse.leading(namespace.shard)?.seq,
      }),
    );
  }

  /** Hands over every lead at once, and ends everything. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    this.#namespaces.close();
    for (const end of this.#ends) end();
    const failures: unknown[] = [];
    const closeAll = async (): Promise<void> => {
      const open = [...this.#held.values()];
      this.#held.clear();
      for (const { status, ...rest } of await Promise.allSettled(open.map(({ hosted }) => hosted.close())))
        if (status === "rejected") failures.push((rest as PromiseRejectedResult).reason);
    };
    await Promise.all([closeAll(), ...this.#work.values()]);
    // One whose opening had begun before.
    await closeAll();
    if (failures.length > 0) throw failures[0];
  }

  get #there(): readonly Namespace[] {
    return this.#namespaces.all.filter(({ removing }) => removing === undefined);
  }

  #find(name: string): Namespace | undefined {
    return this.#there.find((each) => each.name === name);
  }

  // --- what is seen ---

  /** The list of namespaces was read, and the others have said what they hold. */
  async #known(): Promise<void> {
    const { members, words } = this.#options;
    for (let tries = 0; !this.#closed; tries++) {
      try {
        await Promise.all([this.#namespaces.refresh(), members.ask(ASK_MS)]);
        return;
      } catch (error) {
        if (tries === 0) words.warn({ cause: String(error) }, "the list of namespaces cannot be read; trying again");
        await this.#pause(READ_AGAIN_MS);
      }
    }
  }

  /** What lies here is held until the others have it, wherever it belongs now. */
  #openKept(): void {
    const { kept, discard, words, members } = this.#options;
    for (const name of kept?.() ?? []) {
      const namespace = this.#namespaces.find(name);
      if (name === DEFAULT.name) continue;
      if (namespace !== undefined) this.#kept.add(namespace.shard);
      else
        void Promise.resolve(discard?.(name)).catch((error: unknown) =>
          words.warn({ namespace: name, cause: String(error) }, "what is left of a namespace could not be set aside"),
        );
    }
    members.holdsOnly(new Set([...this.#kept, DEFAULT.shard]));
  }

  #changed(): void {
    if (this.#isStarted) this.#look();
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  /** Looks at what there is, does what is to be done now, and comes again. */
  #look(): void {
    if (this.#closed) return;
    const { clock } = this.#options;
    this.#cancel();
    this.#cancel = clock.wakeAt(clock.now() + this.#settings.lookMs, () => this.#look());
    const { members, backend } = this.#options;
    const living = members.living();
    const others = living.filter(({ name }) => name !== backend.server);
    this.#differing.look(living);
    this.#spread();
    this.#seeFit(others);
    this.#beginKept();
    this.#move(others);
    this.#removals.look(this.#held);
    const { all } = this.#namespaces;
    // Of a namespace that is deleted nothing stays.
    for (const [shard, { namespace }] of this.#held)
      if (all.every((each) => each.shard !== shard)) this.#drop(namespace, "its namespace was deleted");
  }

  #spread(): void {
    const { members, copies } = this.#options;
    const servers = members.servers(this.#settings.graceMs);
    const shards = this.#namespaces.all.map(({ shard }) => shard);
    const text = JSON.stringify([servers, shards, copies]);
    if (text === this.#spreadOf) return;
    this.#spreadOf = text;
    this.#places = spread(shards, servers, copies);
    for (const [shard, { hosts }] of this.#places) members.prefer(shard, hosts);
    members.sees = hashText(text);
    this.#quietSince = Infinity;
  }

  #seeFit(others: readonly Member[]): void {
    const now = this.#options.clock.elapsed();
    const since = new Map<string, number>();
    for (const { name, shards } of others) {
      for (const [shard, { trouble }] of Object.entries(shards)) {
        const key = `${name}/${shard}`;
        if (trouble === undefined) since.set(key, this.#fitSince.get(key) ?? now);
      }
    }
    this.#fitSince = since;
    const own = hashText(this.#spreadOf);
    if (others.some(({ sees }) => sees !== own)) this.#quietSince = Infinity;
    else this.#quietSince = Math.min(this.#quietSince, now);
  }

  // --- what is done ---

  #beginKept(): void {
    for (const shard of this.#kept) {
      const namespace = this.#namespaces.all.find((each) => each.shard === shard);
      if (namespace === undefined || this.#held.has(shard)) this.#kept.delete(shard);
      else this.#begin(namespace);
    }
  }

  #move(others: readonly Member[]): void {
    const { backend, clock, words, members } = this.#options;
    const now = clock.elapsed();
    const shards = this.#namespaces.all.flatMap(({ shard, removing }): SeenShard[] => {
      const place = this.#places.get(shard);
      if (place === undefined) return [];
      const held = this.#held.get(shard)?.hosted.shard;
      const trouble = held?.notReady;
      const own = held && { ...held.position(), role: held.role, ...(trouble !== undefined && { trouble }) };
      return [{ shard, place, own, isRemoving: removing !== undefined }];
    });
    const isQuiet = now - this.#quietSince >= this.#settings.quietMs;
    const isFit = (server: string, shard: string): boolean =>
      now - (this.#fitSince.get(`${server}/${shard}`) ?? now) >= this.#settings.fitMs;
    const living = members.living();
    const mayLead = (server: string, shard: string): boolean => {
      const member = living.find(({ name }) => name === server);
      const isHeard = members.heardAt(server) > (this.#held.get(shard)?.hosted.shard.roleSince ?? Infinity);
      return isHeard && member !== undefined && whoCannotRead(member, living, shard).length === 0;
    };
    const seen = { server: backend.server, others, isQuiet, shards, isFit, mayLead };
    const { open, drop, handOver } = moves(seen);
    const byShard = new Map(this.#namespaces.all.map((each) => [each.shard, each]));
    for (const shard of open) this.#begin(byShard.get(shard)!);
    for (const shard of drop) this.#drop(byShard.get(shard)!, "the servers that are to hold it have it");
    if (handOver === undefined || now - this.#handedOverAt < this.#settings.handOverMs) return;
    this.#handedOverAt = now;
    const held = this.#held.get(handOver.shard)?.hosted;
    words.info({ ...handOver }, "the lead of the shard goes to the server that is to have it");
    void held?.shard.stepDown().catch(() => {});
  }

  /** Opens it, as soon as there is room among those that are being opened. */
  #begin(namespace: Namespace): void {
    const { shard } = namespace;
    const { clock } = this.#options;
    if (this.#closed || this.#held.has(shard) || this.#work.has(shard)) return;
    if (this.#work.size >= this.#settings.openAtOnce || (this.#againAt.get(shard) ?? 0) > clock.elapsed()) return;
    this.#do(shard, async () => {
      await this.#open(namespace);
      this.#againAt.delete(shard);
    });
  }

  async #open(namespace: Namespace): Promise<void> {
    const hosted = await this.#options.open(namespace);
    this.#held.set(namespace.shard, { namespace, hosted });
    if (namespace.removing !== undefined) await hosted.shard.retire();
    hosted.shard.onRole(() => this.#tell());
    this.#tell();
  }

  #drop({ name, shard }: Namespace, why: string): void {
    if (this.#work.has(shard)) return;
    this.#do(shard, async () => {
      const held = this.#held.get(shard);
      if (held === undefined) return;
      const { words, members } = this.#options;
      words.info({ namespace: name, shard, why }, "this server lets go of its replica of the shard");
      this.#held.delete(shard);
      this.#tell();
      await held.hosted.drop();
      members.unreport(shard);
    });
  }

  /** HO3. */
  #do(shard: string, work: () => Promise<void>): void {
    const { words, clock } = this.#options;
    const done = work()
      .catch((error: unknown) => {
        this.#againAt.set(shard, clock.elapsed() + this.#settings.againMs);
        words.error({ shard, cause: String(error) }, "a replica could not be begun or ended; it is tried again");
      })
      .finally(() => {
        this.#work.delete(shard);
        if (this.#isStarted) this.#look();
      });
    this.#work.set(shard, done);
  }

  async #until(isSo: () => boolean, late: string): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.elapsed() + DONE_MS;
    while (!isSo()) {
      if (this.#closed || clock.elapsed() > deadline) throw new OctopusError("not_ready", late, { retryable: true });
      await this.#pause(20);
    }
  }

  #pause(ms: number): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => void clock.wakeAt(clock.now() + ms, resolve));
  }
}

export type { HostedShard, HostedView, ShardHostOptions } from "./host-options.ts";
