/**
 * The way from this tab to the hub of its feed: a shared worker, or a hub in the tab itself where a browser has no shared
 * workers, where the worker's file is gone with the server that had it, or where the worker answers no more.
 */
import { client } from "./client.ts";
import type { FromHub, ToHub } from "./feed-words.ts";

/** A worker answers at once; a machine that is busy takes a while. */
const ANSWER_MS_MAX = 10_000;

type Listener = (word: FromHub) => void;

class HubLink {
  readonly #listeners = new Set<Listener>();
  #port: MessagePort | undefined;
  #isOwn = false;
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
    if (word.type !== "look" || this.#isOwn) return;
    this.#waiting ??= setTimeout(() => {
      // What has come while the page was busy is heard first.
      this.#waiting = setTimeout(() => this.#makeOwn(), 500);
    }, ANSWER_MS_MAX);
  }

  #connect(): MessagePort {
    if (typeof SharedWorker === "undefined") return this.#ownHub();
    try {
      const worker = new SharedWorker(new URL("./feed-worker.ts", import.meta.url), { type: "module" });
      worker.addEventListener("error", () => this.#makeOwn());
      return this.#heard(worker.port);
    } catch {
      return this.#ownHub();
    }
  }

  #makeOwn(): void {
    this.#answered();
    if (this.#isOwn) return;
    this.#port?.postMessage({ type: "away" } satisfies ToHub);
    this.#port?.close();
    this.#port = this.#ownHub();
    if (this.#last !== undefined) this.#port.postMessage(this.#last);
  }

  #ownHub(): MessagePort {
    this.#isOwn = true;
    const { port1, port2 } = new MessageChannel();
    void import("./feed-hub.ts").then(({ FeedHub }) => new FeedHub(client).join(port2));
    return this.#heard(port1);
  }

  #heard(port: MessagePort): MessagePort {
    port.addEventListener("message", ({ data }: MessageEvent<FromHub>) => {
      this.#answered();
      for (const listener of this.#listeners) listener(data);
    });
    port.start();
    return port;
  }

  #answered(): void {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
  }
}

export const hub = new HubLink();
