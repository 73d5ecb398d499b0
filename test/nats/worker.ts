/** A worker over NATS made by hand: it says what the test says, and answers what the link itself has to answer. */
import { NatsLink, NatsPlace } from "../../src/worker/link-nats.ts";
import type { NatsSettings } from "../../src/nats/settings.ts";
import type { Link } from "../../src/worker/outbox.ts";
import type { Shown } from "../../src/worker/nats/session.ts";
import { helloOf } from "../../src/server/testing/raw-worker.ts";
import type { FromWorker, Hello, ToWorker } from "../../src/protocol/link.ts";

export interface HandOptions {
  nats: string;
  cluster: string;
  name: string;
  shown?: Shown;
  hello?: Partial<Hello>;
  /** How it reaches NATS, when that asks for something. */
  settings?: NatsSettings;
}

const LONG_MS = 60_000;

export class HandNatsWorker {
  readonly received: ToWorker[] = [];
  readonly downs: string[] = [];
  readonly forbidden: string[] = [];
  readonly place: NatsPlace;
  readonly link: NatsLink;
  /** Times that it said hello. */
  hellos = 0;
  #now: Link | undefined;

  constructor({ nats, cluster, name, shown = {}, hello = {}, settings }: HandOptions) {
    this.place = new NatsPlace({ nats: settings ?? { servers: [nats] }, cluster, shard: "default", name });
    const agent = {
      active: 0,
      connected: (link: Link) => {
        this.#now = link;
        this.hellos++;
        link.send([helloOf(name, hello)]);
      },
      disconnected: () => (this.#now = undefined),
      receive: (messages: readonly ToWorker[]) => void this.received.push(...messages),
    };
    this.link = new NatsLink({
      ...{ server: this.place, agent, random: () => 0, shown },
      onDown: (problem) => this.downs.push(problem),
      onForbidden: (reason) => this.forbidden.push(reason),
    });
    this.link.start();
  }

  get isUp(): boolean {
    return this.#now !== undefined;
  }

  say(...messages: FromWorker[]): void {
    this.#now?.send(messages);
  }

  heard(type: ToWorker["type"]): number {
    return this.received.filter((message) => message.type === type).length;
  }

  async welcome(times = 1): Promise<this> {
    await until(`welcome ${times} of ${this.place.name}`, () => this.heard("welcome") >= times);
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.link.leave();
  }
}

/** Waits for a condition; names it when it does not come true. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + LONG_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within a minute: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
