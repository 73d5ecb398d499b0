/**
 * What becomes of tasks and runs, on subjects that operators watch. Nobody may rely on it: a consumer that must miss nothing
 * reads `/api/v1/feed`.
 *
 * EV1  It never holds up a turn: what NATS has not taken is bounded, and what is beyond that is left out and counted.
 */
import type { FeedEntry, FeedEvent } from "../../protocol/feed.ts";
import { connectTo } from "../../nats/connect.ts";
import { type NatsConnection, publish } from "../../nats/publish.ts";
import type { NatsSettings } from "../../nats/settings.ts";
import type { Subjects } from "../../nats/subjects.ts";
import type { ServerOptions } from "../options.ts";

/** Bytes that NATS is not known to have. */
const UNSENT_BYTES_MAX = 4 * 1024 * 1024;
/** After so many it is asked whether it has them. */
const ASK_BYTES = 256 * 1024;
/** Events of one message. */
const EVENTS_MAX = 200;

export interface NatsEvents {
  readonly counts: { published: number; leftOut: number };
  close(): Promise<void>;
}

export async function publishEvents(
  { engine, log }: Pick<ServerOptions, "engine" | "log">,
  subjects: Subjects,
  nats: NatsSettings,
  name: string,
): Promise<NatsEvents> {
  const connection = await connectTo(nats, name);
  const events = new Events(connection, subjects, (leftOut) =>
    log.warn({ leftOut }, "NATS does not take events as fast as they come; some were left out"),
  );
  const stop = engine.subscribe(undefined, (entries) => events.tell(entries));
  return {
    counts: events.counts,
    async close() {
      stop();
      await connection.close();
    },
  };
}

class Events {
  readonly counts = { published: 0, leftOut: 0 };
  readonly #connection: NatsConnection;
  readonly #subjects: Subjects;
  readonly #onLeftOut: (count: number) => void;
  #unsent = 0;
  #isAsking = false;
  #isUp = true;
  #told = 0;

  constructor(connection: NatsConnection, subjects: Subjects, onLeftOut: (count: number) => void) {
    this.#connection = connection;
    this.#subjects = subjects;
    this.#onLeftOut = onLeftOut;
    void this.#watch();
  }

  tell(entries: readonly FeedEntry[]): void {
    const bySubject = new Map<string, FeedEvent[]>();
    for (const { event } of entries) {
      const subject = this.#subjectOf(event);
      if (subject === undefined) continue;
      const same = bySubject.get(subject);
      if (same === undefined) bySubject.set(subject, [event]);
      else same.push(event);
    }
    for (const [subject, events] of bySubject) {
      for (let at = 0; at < events.length; at += EVENTS_MAX) this.#publish(subject, events.slice(at, at + EVENTS_MAX));
    }
  }

  #subjectOf(event: FeedEvent): string | undefined {
    if (event.type === "task") return this.#subjects.tasks(event.state);
    return event.type === "run" ? this.#subjects.runs(event.state) : undefined;
  }

  #publish(subject: string, events: readonly FeedEvent[]): void {
    if (!this.#isUp || this.#unsent > UNSENT_BYTES_MAX) {
      this.counts.leftOut += events.length;
      return;
    }
    const data = JSON.stringify(events);
    this.#unsent += data.length;
    this.counts.published += events.length;
    publish(this.#connection, { subject, data });
    if (this.#unsent > ASK_BYTES && !this.#isAsking) void this.#ask();
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    const asked = this.#unsent;
    await this.#connection.flush().catch(() => undefined);
    this.#unsent -= asked;
    this.#isAsking = false;
    if (this.counts.leftOut > this.#told) this.#onLeftOut(this.counts.leftOut - this.#told);
    this.#told = this.counts.leftOut;
  }

  async #watch(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (type === "disconnect") this.#isUp = false;
      if (type === "reconnect") this.#isUp = true;
    }
  }
}
