/**
 * Who leads which shard, as one server hears it and says it. One word a server goes round every `everyMs`, whatever it leads,
 * and one watch tells of all seats: what an idle cluster costs grows with its servers, not with its shards.
 *
 * PU1  A pulse says that its server leads what its newest list names. The list goes round in whole when somebody asks for it,
 *      what changed in it when it changes, and only its number else: whoever has not followed asks.
 * PU2  Nothing that is written rests on it (leadership.ts): a word that is lost, late or wrong costs time.
 * PU3  Of a shard that is held here its participant is told; of all others the newest holder is remembered, for whoever is asked
 *      the way there.
 */
import type { Json } from "../base/words.ts";
import type { Clock } from "../engine/ports.ts";
import type { Bus, ClusterBackend, Leadership } from "./ports.ts";

/** How far a leader has come. */
export interface Leading {
  term: number;
  seq: number;
  epoch: number;
}

/** A shard that this server holds. */
export interface PulseShard {
  /** What is said of it; undefined: it is not led from here. */
  leads(): Leading | undefined;
  /** Another server leads it. */
  alive(server: string, leading: Leading): void;
  /** Its seat was seen to change. */
  changed(leadership: Leadership): void;
  /** Its leader gave it back. */
  resigned(term: number): void;
  /** This server was held up for a while. */
  slept(): void;
  tick(): void;
}

export interface PulseOptions {
  backend: { readonly server: string; readonly bus: Bus; watchSeats: ClusterBackend["watchSeats"] };
  clock: Clock;
  everyMs: number;
}

type Lead = [term: number, seq: number, epoch: number];

interface Word {
  server: string;
  /** Of this start of the server: its numbers begin anew. */
  run: string;
  /** Number of the list. */
  n: number;
  /** All of it. */
  whole?: Record<string, Lead>;
  /** What is new in it since the number before; null: not led any more. */
  news?: Record<string, Lead | null>;
}

interface Heard {
  run: string;
  n: number;
  leads: Map<string, Lead>;
  askedAt: number;
}

/** A tick that comes later than this was held up: what others said meanwhile is still to be read. */
const SLEPT_MS = 500;
const TOPIC = "pulse";
const ASK = "pulse/ask";
const RESIGNED = "pulse/resigned";

export class Pulse {
  readonly #options: PulseOptions;
  readonly #run: string;
  readonly #shards = new Map<string, PulseShard>();
  readonly #heard = new Map<string, Heard>();
  readonly #seats = new Map<string, Leadership>();
  /** When a server said last that it leads the shard. */
  readonly #ledAt = new Map<string, number>();
  readonly #listeners = new Set<(shard: string) => void>();
  readonly #ends: (() => void)[];
  /** What was said last. */
  #said = new Map<string, string>();
  #n = 0;
  #isWholeDue = true;
  #saidAt = -Infinity;
  #cancel: () => void = () => {};
  #closed = false;

  constructor(options: PulseOptions) {
    this.#options = options;
    const { backend, clock } = options;
    this.#run = `${clock.now().toString(36)}.${Math.trunc(clock.elapsed() * 1000).toString(36)}`;
    this.#ends = [
      backend.bus.subscribe(TOPIC, (word) => this.#hear(word as unknown as Partial<Word>)),
      backend.bus.subscribe(ASK, (word) => this.#asked(word)),
      backend.bus.subscribe(RESIGNED, (word) => this.#resigned(word)),
      backend.watchSeats((shard, leadership) => this.#changed(shard, leadership)),
    ];
    this.#later();
  }

  /** Takes part for a shard; the answer ends it. It is told what is known at once. */
  join(name: string, shard: PulseShard): () => void {
    this.#shards.set(name, shard);
    const seat = this.#seats.get(name);
    if (seat !== undefined) shard.changed(seat);
    return () => {
      if (this.#shards.get(name) === shard) this.#shards.delete(name);
    };
  }

  /** The newest holder of the seat that was heard of; its server is empty when it was given back. */
  seat(shard: string): Leadership | undefined {
    return this.#seats.get(shard);
  }

  /** How far the leader has come, as it said last. */
  leading(shard: string): Leading | undefined {
    const own = this.#shards.get(shard)?.leads();
    if (own !== undefined) return own;
    const lead = this.#heard.get(this.#seats.get(shard)?.server ?? "")?.leads.get(shard);
    return lead && { term: lead[0], seq: lead[1], epoch: lead[2] };
  }

  /** So long nobody has said that it leads the shard; a server that is cut off does not count itself. Infinity: nobody ever has. */
  ledMs(shard: string): number {
    return this.#options.clock.elapsed() - (this.#ledAt.get(shard) ?? -Infinity);
  }

  /** Called when another server leads a shard, or nobody does. */
  onSeat(listener: (shard: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Says at once what is led from here. */
  beat(): void {
    if (this.#closed) return;
    const { backend, clock } = this.#options;
    this.#saidAt = clock.elapsed();
    const now = new Map<string, Lead>();
    for (const [name, shard] of this.#shards) {
      const leading = shard.leads();
      if (leading === undefined) continue;
      now.set(name, [leading.term, leading.seq, leading.epoch]);
      if (backend.bus.isConnected) this.#ledAt.set(name, this.#saidAt);
      this.#see(name, { term: leading.term, server: backend.server });
    }
    const word: Word = { server: backend.server, run: this.#run, n: this.#n };
    const news = this.#newsIn(now);
    if (news !== undefined) word.n = ++this.#n;
    if (this.#isWholeDue) word.whole = Object.fromEntries(now);
    else if (news !== undefined) word.news = news;
    this.#isWholeDue = false;
    backend.bus.publish(TOPIC, word as unknown as Json);
  }

  /** The lead of a shard was given back. */
  resign(shard: string, term: number): void {
    const { bus, server } = this.#options.backend;
    this.#see(shard, { term, server: "" });
    bus.publish(RESIGNED, { shard, term, server });
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
    for (const end of this.#ends) end();
  }

  #later(): void {
    if (this.#closed) return;
    const { clock, everyMs } = this.#options;
    const due = clock.elapsed() + everyMs / 2;
    this.#cancel = clock.wakeAt(clock.now() + everyMs / 2, () => {
      const hasSlept = clock.elapsed() - due > SLEPT_MS;
      for (const shard of this.#shards.values()) {
        if (hasSlept) shard.slept();
        shard.tick();
      }
      if (clock.elapsed() - this.#saidAt >= everyMs * 0.9) this.beat();
      this.#later();
    });
  }

  #newsIn(now: ReadonlyMap<string, Lead>): Record<string, Lead | null> | undefined {
    const news: Record<string, Lead | null> = {};
    let isNew = false;
    const said = new Map<string, string>();
    for (const [name, lead] of now) {
      const text = lead.join();
      said.set(name, text);
      if (this.#said.get(name) === text) continue;
      news[name] = lead;
      isNew = true;
    }
    for (const name of this.#said.keys()) {
      if (now.has(name)) continue;
      news[name] = null;
      isNew = true;
    }
    this.#said = said;
    return isNew ? news : undefined;
  }

  #hear({ server, run, n, whole, news }: Partial<Word>): void {
    if (typeof server !== "string" || typeof run !== "string" || typeof n !== "number") return;
    if (server === this.#options.backend.server) return;
    let heard = this.#heard.get(server);
    if (whole !== undefined) {
      heard = { run, n, leads: new Map(Object.entries(whole)), askedAt: -Infinity };
      this.#heard.set(server, heard);
    } else if (heard !== undefined && heard.run === run && news !== undefined && heard.n === n - 1) {
      heard.n = n;
      apply(heard.leads, news);
    } else if (heard === undefined || heard.run !== run || heard.n !== n) {
      heard ??= { run: "", n: 0, leads: new Map(), askedAt: -Infinity };
      // What it had before is no news of now; what it says is.
      heard.leads.clear();
      if (heard.run !== run) heard.run = "";
      apply(heard.leads, news ?? {});
      this.#heard.set(server, heard);
      this.#ask(server, heard);
    }
    for (const [name, lead] of heard.leads) this.#alive(server, name, lead);
  }

  #alive(server: string, name: string, [term, seq, epoch]: Lead): void {
    this.#ledAt.set(name, this.#options.clock.elapsed());
    this.#see(name, { term, server });
    this.#shards.get(name)?.alive(server, { term, seq, epoch });
  }

  /** Its list was not followed. */
  #ask(server: string, heard: Heard): void {
    const { clock, backend, everyMs } = this.#options;
    heard.n = -1;
    const now = clock.elapsed();
    if (now - heard.askedAt < everyMs) return;
    heard.askedAt = now;
    backend.bus.publish(ASK, { server });
  }

  #asked(word: Json): void {
    const { server } = word as { server?: Json };
    if (server !== this.#options.backend.server) return;
    this.#isWholeDue = true;
    this.beat();
  }

  #resigned(word: Json): void {
    const { shard, term, server } = word as { shard?: Json; term?: Json; server?: Json };
    if (typeof shard !== "string" || typeof term !== "number" || typeof server !== "string") return;
    this.#heard.get(server)?.leads.delete(shard);
    if (server === this.#options.backend.server) return;
    this.#see(shard, { term, server: "" });
    this.#shards.get(shard)?.resigned(term);
  }

  #changed(name: string, leadership: Leadership): void {
    this.#see(name, leadership);
    this.#shards.get(name)?.changed(leadership);
  }

  #see(name: string, { term, server }: Leadership): void {
    const before = this.#seats.get(name);
    // What was given back is not taken again in the same term: that word was late.
    if (before !== undefined && (term < before.term || (term === before.term && before.server === ""))) return;
    if (before?.term === term && before.server === server) return;
    this.#seats.set(name, { term, server });
    for (const listener of this.#listeners) listener(name);
  }
}

function apply(leads: Map<string, Lead>, news: Record<string, Lead | null>): void {
  for (const [name, lead] of Object.entries(news)) {
    if (lead === null) leads.delete(name);
    else leads.set(name, lead);
  }
}
