/** Words between servers on subjects of NATS that nobody keeps, and streams of bytes beside them. */
import type { Duplex } from "node:stream";
import { OctopusError } from "../../base/errors.ts";
import type { Json } from "../../base/words.ts";
import type { Bus } from "../ports.ts";
import type { NatsLink } from "./link.ts";
import type { NatsNames } from "./settings.ts";
import { Tunnels } from "./tunnels.ts";

export class NatsBus implements Bus {
  readonly #link: NatsLink;
  readonly #names: NatsNames;
  readonly #tunnels: Tunnels;

  constructor(link: NatsLink, names: NatsNames, server: string) {
    this.#link = link;
    this.#names = names;
    this.#tunnels = new Tunnels(link, names, server);
  }

  publish(topic: string, message: Json): void {
    // Kept by the client it would be said at a later time, when it is not true any more.
    if (!this.#link.isConnected) return;
    const bytes = new TextEncoder().encode(JSON.stringify(message));
    if (bytes.length > this.#link.payloadMax) {
      const sizes = `${bytes.length} bytes, and NATS takes ${this.#link.payloadMax} (max_payload)`;
      throw new OctopusError("too_large", `a word to the other servers on "${topic}" has ${sizes}`);
    }
    this.#link.connection.publish(this.#names.bus(topic), bytes);
  }

  subscribe(topic: string, listener: (message: Json) => void): () => void {
    const subscription = this.#link.connection.subscribe(this.#names.bus(topic), {
      callback: (error, message) => {
        // The link tells of a subject that may not be heard.
        if (error !== null) return;
        const word = parsed(message.string());
        if (word !== undefined) listener(word);
      },
    });
    return () => subscription.unsubscribe();
  }

  connect(server: string): Duplex {
    return this.#tunnels.connect(server);
  }

  accept(listener: (stream: Duplex) => void): () => void {
    return this.#tunnels.accept(listener);
  }

  get isConnected(): boolean {
    return this.#link.isConnected;
  }

  onConnected(listener: (isConnected: boolean) => void): () => void {
    return this.#link.onConnected(listener);
  }

  close(): void {
    this.#tunnels.close();
  }
}

/** What somebody else published there is not for us. */
function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
