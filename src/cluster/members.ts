/**
 * The servers of a cluster as one of them knows them: who is there, and how far each has come with each shard. Every server
 * says so on the bus and keeps it among the shared values, so that what one had applied is still known when it is gone.
 *
 * MB1  What is known of a server may be old by `everyMs`, never invented. It is used to see that a log's end went back, and
 *      to order those who could lead; what is written does not rest on it.
 * MB2  What a server had applied stays known until it says what it holds now. So one that starts says nothing of itself before
 *      it has read what it said last, and repeats that for every shard until it has opened it: where all servers start at
 *      once, the first that is ready must not take the others for empty.
 * MB3  Of what was heard and what is kept of a server, that counts by which it had applied more: a server that could hear
 *      nothing for a while has old words, and would lead a log that lacks what the newer ones tell of.
 */
import { hashText } from "../base/hash.ts";
import type { Json } from "../base/words.ts";
import type { Clock, Log } from "../engine/ports.ts";
import { OWN_FORMS, whoCannotRead } from "./forms.ts";
import { Had } from "./had.ts";
import { inTime } from "./in-time.ts";
import { appliedBy, type KnownMember, knownOf, type Member, memberOf, type MemberShard } from "./member.ts";
import type { Bus, ClusterBackend, SharedValues } from "./ports.ts";
import { Pulse } from "./pulse.ts";

export interface MembersOptions {
  backend: {
    readonly server: string;
    readonly bus: Bus;
    readonly values: SharedValues;
    watchSeats: ClusterBackend["watchSeats"];
  };
  clock: Clock;
  log: Log;
  version: string;
  url?: string;
  everyMs?: number;
  /** Between two words on what this server leads. */
  pulseMs?: number;
}

const PREFIX = "members/";
const WORD = "members/word";
const ASK = "members/ask";
const EVERY_MS = 1000;
const PULSE_MS = 300;
/** After so long a server knows who else there is. */
const SETTLED_MS = 30_000;
/** One that was stopped in order so long ago at most is on its way back, where all begin anew. */
const BACK_MS = 60_000;
/** What has not changed is said in whole after so many times `everyMs`; in between its mark is enough. */
const WHOLE_EVERY = 10;
/** A place so far behind that its turn does not come. */
const NEVER = 1_000_000_000;
/** After so many times `everyMs` without a word a server counts as gone. */
const GONE_AFTER = 3;

export class Members {
  /** Who leads what. */
  readonly pulse: Pulse;
  readonly #options: MembersOptions;
  readonly #everyMs: number;
  readonly #heard = new Map<string, { member: Member; mark: string; at: number }>();
  /** By shard the servers that are to lead it, in order. */
  readonly #preferred = new Map<string, readonly string[]>();
  readonly #startedAt: number;
  /** Servers that the values named when this one began. */
  #kept: ReadonlySet<string> | undefined;
  #saidMark = "";
  #sinceWhole = 0;
  #asking: { at: number; all: Promise<KnownMember[]> } | undefined;
  #unfollowedAt = -Infinity;
  readonly #ends: (() => void)[] = [];
  #self: Omit<Member, "shards">;
  readonly #states = new Map<string, () => MemberShard>();
  readonly #had = new Had();
  #listeners = new Set<() => void>();
  #cancel: () => void = () => {};
  /** Of whom the log told last that they read older forms alone. */
  #unread = "";
  #isSaving = false;
  #saved = "";
  #closed = false;

  constructor(options: MembersOptions) {
    this.#options = options;
    this.#everyMs = options.everyMs ?? EVERY_MS;
    const { backend, version, url, clock } = options;
    this.#startedAt = clock.elapsed();
    this.pulse = new Pulse({ backend, clock, everyMs: options.pulseMs ?? PULSE_MS });
    this.#self = { name: backend.server, version, reads: OWN_FORMS, ...(url !== undefined && { url }) };
    const { bus } = backend;
    this.#ends.push(
      bus.subscribe(WORD, (word) => this.#hear(word)),
      bus.subscribe(ASK, () => this.#say()),
    );
    this.#beat();
  }

  /** Asked whenever this server says something of itself. */
  report(shard: string, state: () => MemberShard): void {
    this.#states.set(shard, state);
    this.#had.forget(shard);
  }

  /** Of all other shards there is nothing here, whatever it was that this server had said last. */
  holdsOnly(shards: ReadonlySet<string>): void {
    this.#had.keepOnly(shards);
  }

  /** The shard is not held here any more. */
  unreport(shard: string): void {
    this.#states.delete(shard);
    this.#had.forget(shard);
    this.#preferred.delete(shard);
    this.#say();
  }

  /** Servers that are to lead the shard, in that order, before all others. */
  prefer(shard: string, servers: readonly string[]): void {
    this.#preferred.set(shard, servers);
  }

  /** What this server takes the lists of servers and namespaces for. */
  set sees(sees: string) {
    if (this.#self.sees === sees) return;
    this.#self = { ...this.#self, sees };
    this.#say();
  }

  /** What all servers are to be told alike, as this one is (`differing.ts`). */
  tells({ copies, keepDeletedMs }: Pick<Member, "copies" | "keepDeletedMs">): void {
    this.#self = { ...this.#self, ...(copies && { copies }), ...(keepDeletedMs !== undefined && { keepDeletedMs }) };
  }

  get #own(): Member {
    const isSettled = this.#options.clock.elapsed() - this.#startedAt >= SETTLED_MS;
    const shards = Object.fromEntries([...this.#states].map(([name, state]) => [name, state()]));
    const { word: had } = this.#had;
    return { ...this.#self, ...(isSettled && { settled: true }), shards, ...(had && { had }) };
  }

  /** Where it is reached, once that is known. */
  set url(url: string) {
    this.#self = { ...this.#self, url };
    this.#say();
  }

  /** When the server was last heard, by the clock that only measures. */
  heardAt(name: string): number {
    return this.#heard.get(name)?.at ?? -Infinity;
  }

  /** Those who were heard of late, this one among them. */
  living(): Member[] {
    const now = this.#options.clock.elapsed();
    const others = [...this.#heard.values()].filter(
      ({ member, at }) => member.left !== true && now - at < this.#everyMs * GONE_AFTER,
    );
    return [this.#own, ...others.map(({ member }) => member)];
  }

  /**
   * Servers that belong to the cluster as far as this one knows: those heard within that time; and where all have begun of
   * late, those that the values name, until this one has listened for so long. It has to have asked before.
   */
  servers(withinMs: number): string[] {
    const now = this.#options.clock.elapsed();
    const heard = [...this.#heard].filter(([, { at }]) => now - at < withinMs);
    const names = heard.map(([name]) => name);
    const isNew = now - this.#startedAt < withinMs && !heard.some(([, { member }]) => member.settled === true);
    if (isNew) names.push(...(this.#kept ?? []));
    return [...new Set([this.#self.name, ...names])].sort();
  }

  /** Of the living those that hold the shard. */
  holders(shard: string): Member[] {
    return this.living().filter(({ shards }) => shards[shard] !== undefined);
  }

  /** Names of living servers that could not read what this one would write: while there are any, it does not lead (FM1). */
  cannotRead(shard: string): string[] {
    const names = whoCannotRead(this.#self, this.living(), shard);
    const text = names.join(", ");
    if (text !== this.#unread) {
      this.#unread = text;
      const { log } = this.#options;
      if (text !== "")
        log.warn({ servers: names }, "this version does not lead while older ones run that cannot read what it writes");
    }
    return names;
  }

  /**
   * Place of this server among the living that could lead the shard, `without` left out: those that were named come first, the
   * others in an order of the shard's own, so that the shards of a cluster are led from all of its servers.
   */
  rank(shard: string, without: string): number {
    if (this.cannotRead(shard).length > 0) return NEVER;
    const own = this.#self.name;
    const preferred = this.#preferred.get(shard) ?? [];
    const placeOf = (name: string): number => preferred.indexOf(name) + 1 || Infinity;
    const order = this.living()
      .filter(({ name, shards }) => name === own || shards[shard] !== undefined || preferred.includes(name))
      .filter(({ name }) => name === own || name !== without)
      .map(({ name }) => ({ name, place: placeOf(name), hash: hashText(`${shard}/${name}`) }))
      .sort((a, b) => (a.place === b.place ? (a.hash < b.hash ? -1 : 1) : a.place - b.place));
    return order.findIndex(({ name }) => name === own);
  }

  /**
   * Every server there ever was and has not left, as far as this one knows: asked anew, and waited for so long; where a shard is
   * named, those alone that are known to hold it. Who asks while another asks gets the answer to the same question.
   */
  async ask(waitMs: number, shard?: string): Promise<KnownMember[]> {
    const { clock } = this.#options;
    const asking = (this.#asking ??= this.#askAll());
    const kept = await asking.all;
    const isMissing = (member: Member): boolean =>
      member.left !== true &&
      member.name !== this.#self.name &&
      (shard === undefined || appliedBy(member, shard) !== undefined) &&
      (this.#heard.get(member.name)?.at ?? -1) < asking.at;
    if (kept.some(isMissing)) {
      await new Promise<void>((resolve) => {
        const end = (): void => {
          cancel();
          this.#listeners.delete(heard);
          resolve();
        };
        const heard = (): void => {
          if (!kept.some(isMissing)) end();
        };
        const cancel = clock.wakeAt(clock.now() + waitMs, end);
        this.#listeners.add(heard);
      });
    }
    return this.#known(kept);
  }

  /** As far as this server knows without asking the others; of those that are gone, as far as the values tell it in time. */
  async all(withinMs: number): Promise<KnownMember[]> {
    return this.#known(await inTime(this.#options.clock, withinMs, this.#list(), []));
  }

  /** Takes what is no server any more off the list. */
  async forget(name: string): Promise<void> {
    this.#heard.delete(name);
    await this.#options.backend.values.remove(PREFIX + name);
  }

  /** Says goodbye. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancel();
    this.pulse.close();
    for (const end of this.#ends) end();
    this.#self = { ...this.#self, left: true, leftAt: this.#options.clock.now() };
    this.#say();
    // Where the values cannot be reached nobody waits for them: what they say of this server is old then, and no more.
    await new Promise<void>((resolve) => {
      const { clock } = this.#options;
      const cancel = clock.wakeAt(clock.now() + this.#everyMs, resolve);
      const end = (): void => {
        cancel();
        resolve();
      };
      this.#save().then(end, end);
    });
  }

  #askAll(): { at: number; all: Promise<KnownMember[]> } {
    const { backend, clock } = this.#options;
    const at = clock.elapsed();
    backend.bus.publish(ASK, {});
    const all = this.#list().finally(() => (this.#asking = undefined));
    return { at, all };
  }

  async #list(): Promise<Member[]> {
    const entries = await this.#options.backend.values.list(PREFIX);
    const all = entries.flatMap(({ value }) => {
      const member = memberOf(value);
      return member === undefined ? [] : [member];
    });
    const now = this.#options.clock.now();
    const isOfNow = ({ left, leftAt = 0 }: Member): boolean => left !== true || now - leftAt < BACK_MS;
    this.#kept ??= new Set(all.filter(isOfNow).map(({ name }) => name));
    return all;
  }

  #known(kept: readonly Member[]): KnownMember[] {
    const now = this.#options.clock.elapsed();
    const all = new Map<string, KnownMember>(kept.map((member) => [member.name, member]));
    for (const [name, { member, at }] of this.#heard)
      all.set(name, { ...knownOf(member, all.get(name)), silentMs: now - at });
    all.set(this.#self.name, { ...this.#own, silentMs: 0 });
    return [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  #beat(): void {
    if (this.#closed) return;
    const { clock, log } = this.#options;
    this.#keep().catch((error: unknown) =>
      log.debug({ cause: String(error) }, "could not say among the values who is here"),
    );
    this.#cancel = clock.wakeAt(clock.now() + this.#everyMs, () => this.#beat());
  }

  async #keep(): Promise<void> {
    if (!this.#had.isKnown) await this.#readHad();
    this.#say(true);
    await this.#save();
  }

  /** MB2. */
  async #readHad(): Promise<void> {
    const text = await this.#options.backend.values.get(PREFIX + this.#self.name);
    this.#had.read(text === undefined ? undefined : memberOf(text), this.#states);
  }

  /** `mayBeShort`: where nothing is new, its mark will do. */
  #say(mayBeShort = false): void {
    if (!this.#had.isKnown) return;
    const member = this.#own;
    const mark = hashText(JSON.stringify(member));
    const isShort = mayBeShort && mark === this.#saidMark && ++this.#sinceWhole < WHOLE_EVERY;
    if (!isShort) this.#sinceWhole = 0;
    this.#saidMark = mark;
    const word = isShort ? { name: member.name, same: mark } : { ...member, mark };
    this.#options.backend.bus.publish(WORD, word as unknown as Json);
  }

  async #save(): Promise<void> {
    if (!this.#had.isKnown) return;
    const text = JSON.stringify(this.#own);
    if ((this.#isSaving && this.#self.left !== true) || text === this.#saved) return;
    this.#isSaving = true;
    try {
      await this.#options.backend.values.set(PREFIX + this.#self.name, text);
      this.#saved = text;
    } finally {
      this.#isSaving = false;
    }
  }

  #hear(word: Json): void {
    const { same, mark = "", ...member } = word as unknown as Member & { same?: string; mark?: string };
    if (typeof member.name !== "string" || member.name === this.#self.name) return;
    const at = this.#options.clock.elapsed();
    if (same === undefined) this.#heard.set(member.name, { member, mark, at });
    else {
      const heard = this.#heard.get(member.name);
      if (heard?.mark !== same) return this.#unfollowed(at);
      heard.at = at;
    }
    for (const listener of this.#listeners) listener();
  }

  /** A server that has said more than was heard: all are asked, once for all that they are. */
  #unfollowed(now: number): void {
    if (now - this.#unfollowedAt < this.#everyMs / 2) return;
    this.#unfollowedAt = now;
    this.#options.backend.bus.publish(ASK, {});
  }
}

/** Names of the servers that say something of themselves within that time, for whoever is none of them. */
export async function hearMembers(bus: Bus, clock: Clock, ms: number): Promise<string[]> {
  const names = new Set<string>();
  const end = bus.subscribe(WORD, (word) => {
    const { name, left } = word as unknown as Member;
    if (typeof name === "string" && left !== true) names.add(name);
  });
  bus.publish(ASK, {});
  await new Promise<void>((resolve) => void clock.wakeAt(clock.now() + ms, resolve));
  end();
  return [...names].sort();
}
