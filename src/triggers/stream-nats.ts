/**
 * Messages of a NATS subject that start tasks.
 *
 * NS1  Of a JetStream stream, a message is acknowledged when what it starts is durable; one that comes again has the id that
 *      it had, and starts nothing again.
 * NS2  When the trigger ends, what came of a stream and was not started is given back, so that whoever is next has it at once
 *      and not when `ACK_WAIT_MS` is over. NATS may count as sent what was under way between its own servers: that comes then.
 * NS3  A plain subject keeps nothing: what comes while nobody listens, or while there is no room, is gone, and is counted.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { ConsumerMessages } from "@nats-io/jetstream";
import type { ConnectionOptions, NatsConnection, Subscription } from "@nats-io/transport-node";
import { Feeder } from "./feeder.ts";
import type { NatsSettings, StreamSettings } from "./settings.ts";
import type { Outcome } from "./starter.ts";
import type { Streaming } from "./stream.ts";
import type { Trigger } from "./trigger.ts";

const AGAIN_MS = 2000;
/** A message that was not acknowledged for so long comes again. */
const ACK_WAIT_MS = 30_000;
/** How long a NATS that does not answer may keep a trigger from its end, in each of two steps. */
const END_MS = 1000;
/** Messages on their way at once. */
const PENDING_MAX = 1024;

export function startNats(
  trigger: Trigger,
  settings: StreamSettings,
  nats: NatsSettings,
  secret: string | null,
): Streaming {
  return new NatsStream(trigger, settings, nats, secret);
}

class NatsStream implements Streaming {
  readonly #trigger: Trigger;
  readonly #nats: NatsSettings;
  readonly #secret: string | null;
  readonly #feeder: Feeder;
  readonly #running: Promise<void>;
  readonly #stopping = new AbortController();
  readonly #boot = randomUUID().slice(0, 8);
  #count = 0;
  #connection: NatsConnection | undefined;

  constructor(trigger: Trigger, settings: StreamSettings, nats: NatsSettings, secret: string | null) {
    this.#trigger = trigger;
    this.#nats = nats;
    this.#secret = secret;
    this.#feeder = new Feeder({ trigger, settings });
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    // Acknowledgements of what is being started need the connection, and so does what is given back (NS2).
    await this.#feeder.close();
    await soon(this.#running);
    await soon(this.#connection?.drain());
    await this.#connection?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#connect();
      } catch (error) {
        this.#trigger.waits(`NATS at ${this.#nats.servers.join(", ")}: ${(error as Error).message}`);
      }
      await delay(AGAIN_MS, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => {});
    }
  }

  /** Returns, or throws, when the connection has ended for good. */
  async #connect(): Promise<void> {
    const { connect } = await import("@nats-io/transport-node");
    const connection = await connect(this.#options());
    this.#connection = connection;
    if (this.#stopping.signal.aborted) return connection.close();
    this.#trigger.waits(undefined);
    void this.#hear(connection);
    try {
      if (this.#nats.stream === undefined) await this.#subscribe(connection);
      else await this.#consume(connection, this.#nats.stream);
    } finally {
      if (!this.#stopping.signal.aborted) await connection.close();
    }
  }

  #options(): ConnectionOptions {
    const { servers, user } = this.#nats;
    const secret = this.#secret;
    return {
      servers,
      name: `octopus trigger ${this.#trigger.name}`,
      maxReconnectAttempts: -1,
      ...(user === undefined ? secret !== null && { token: secret } : { user, pass: secret ?? "" }),
    };
  }

  /** Says whether there is a connection. */
  async #hear(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === "disconnect") this.#trigger.waits("the connection to NATS is lost; it is made anew");
      if (type === "reconnect") this.#trigger.waits(undefined);
    }
  }

  async #subscribe(connection: NatsConnection): Promise<void> {
    const { subject, queue } = this.#nats;
    const subscription = connection.subscribe(subject, {
      ...(queue !== undefined && { queue }),
      callback: (error, message) => {
        if (error !== null) return this.#trigger.waits(`NATS refuses the subject ${subject}: ${error.message}`);
        if (this.#feeder.isFull)
          return this.#trigger.unreadable(`a message of ${subject} came when there was no room, and is lost`);
        this.#count += 1;
        this.#feeder.push({
          ...{ text: message.string(), subject: message.subject, source: subject },
          id: `${this.#boot}-${this.#count}`,
        });
      },
    });
    this.#onEnd(() => void subscription.drain().catch(() => {}));
    await subscription.closed;
  }

  #onEnd(end: () => void): void {
    const { signal } = this.#stopping;
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  }

  async #consume(connection: NatsConnection, stream: string): Promise<void> {
    const { AckPolicy, jetstream, jetstreamManager } = await import("@nats-io/jetstream");
    const { durable = `octopus-${this.#trigger.name}`, subject } = this.#nats;
    const manager = await jetstreamManager(connection);
    const isThere = await manager.consumers.info(stream, durable).then(
      () => true,
      () => false,
    );
    if (!isThere) {
      await manager.consumers.add(stream, {
        ...{ durable_name: durable, filter_subject: subject, ack_policy: AckPolicy.Explicit },
        ...{ ack_wait: ACK_WAIT_MS * 1_000_000, max_ack_pending: PENDING_MAX },
      });
    }
    const { created } = (await manager.streams.info(stream)) as { created: string };
    // Another stream of the same name begins its numbers anew.
    const made = Date.parse(created).toString(36);
    const consumer = await jetstream(connection).consumers.get(stream, durable);
    const messages = await consumer.consume({ max_messages: 256 });
    this.#onEnd(() => endAfterAll(messages));
    for await (const message of messages) {
      if (this.#stopping.signal.aborted) {
        message.nak();
        continue;
      }
      this.#feeder.push({
        ...{ text: message.string(), subject: message.subject, source: stream, id: `${made}-${message.seq}` },
        from: message.seq,
        done: (outcome) => (isOver(outcome) ? message.term() : message.ack()),
        dropped: () => message.nak(),
      });
      await this.#feeder.room();
    }
  }
}

/** It starts nothing now, and would not the next time. */
function isOver(outcome: Outcome | undefined): boolean {
  return outcome === undefined || outcome.type === "failed";
}

/**
 * Ends the messages behind the last that has come. `stop` forgets those that wait to be read and those that are on their way,
 * and the library has nothing else: a drain of the subscription behind them ends them in order.
 */
function endAfterAll(messages: ConsumerMessages): void {
  const { sub } = messages as unknown as { sub?: Subscription };
  if (sub === undefined) messages.stop();
  else sub.drain().catch(() => messages.stop());
}

async function soon(work: Promise<void> | undefined): Promise<void> {
  const over = new AbortController();
  const late = delay(END_MS, undefined, { signal: over.signal, ref: false });
  await Promise.race([work, late]).catch(() => {});
  over.abort();
  await late.catch(() => {});
}
