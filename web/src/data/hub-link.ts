/**
 * The way from this tab to the hub of its feed: a shared worker, or a hub in the tab itself where a browser has no shared
 * workers, where the worker's file is gone with the server that had it, or where the worker answers no more.
 *
 * HL1  One hub is listened to at a time; what the other says is not heard.
 * HL2  A shared worker that was only slow has the tab back with its first word: a hub in the tab takes two of the six
 *      connections that a browser has to a server, and three tabs with one of their own would let nobody ask anything.
 */
import { client } from "./client.ts";
import type { FromHub, ToHub } from "./feed-words.ts";

/** A worker answers at once; a machine that is busy takes a while. */
const ANSWER_MS_MAX = 10_000;

type Listener = (word: FromHub) => void;

class HubLink {
  readonly #listeners = new Set<Listener>();
  /** Of the hub that is listened to. */
  #port: MessagePort | undefined;
  #shared: MessagePort | undefined;
  #last: ToHub | undefined;
  #waiting: ReturnType<typeof setTimeout> | undefined;

  /** Answers the call that ends it. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(word: ToHub): void {
    this.#port ??= this.#connect();
    if (word.type !== "anew") this.#last = word;
    this.#port.postMessage(word);
    if (this.#port !== this.#shared) {
      // What a silent one opened for whoever was here before is not to be found there later.
      if (word.type === "anew") this.#shared?.postMessage(word);
      return;
    }
    if (word.type !== "look") return;
    this.#waiting ??= setTimeout(() => {
      // What has come while the page was busy is heard first.
      this.#waiting = setTimeout(() => this.#makeOwn(), 500);
    }, ANSWER_MS_MAX);
  }

  #connect(): MessagePort {
    if (typeof SharedWorker === "undefined") return this.#ownHub();
    try {
      const worker = new SharedWorker(new URL("./feed-worker.ts", import.meta.url), { type: "module" });
      worker.addEventListener("error", () => this.#giveUpShared());
      this.#shared = worker.port;
      return this.#heard(worker.port);
    } catch {
      return this.#ownHub();
    }
  }

  #giveUpShared(): void {
    this.#makeOwn();
    this.#shared?.close();
    this.#shared = undefined;
  }

  #makeOwn(): void {
    this.#answered();
    if (this.#shared === undefined || this.#port !== this.#shared) return;
    this.#port = this.#ownHub();
    if (this.#last !== undefined) this.#port.postMessage(this.#last);
  }

  #ownHub(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    void import("./feed-hub.ts").then(({ FeedHub }) => new FeedHub(client).join(port2));
    return this.#heard(port1);
  }

  #heard(port: MessagePort): MessagePort {
    port.addEventListener("message", ({ data }: MessageEvent<FromHub>) => {
      if (port === this.#shared && port !== this.#port) this.#comeBack(port);
      if (port !== this.#port) return; // HL1
      this.#answered();
      for (const listener of this.#listeners) listener(data);
    });
    port.start();
    return port;
  }

  /** HL2. It went on from where this tab was when it was asked: what was heard meanwhile may be heard again, none is missed. */
  #comeBack(shared: MessagePort): void {
    this.#port?.postMessage({ type: "away" } satisfies ToHub);
    this.#port?.close();
    this.#port = shared;
    if (this.#last !== undefined) shared.postMessage(this.#last);
  }

  #answered(): void {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
  }
}

export const hub = new HubLink();
