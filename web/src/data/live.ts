/**
 * What happens, as this tab hears it from the hub of the feed. Owns when it listens (never while the tab is hidden), where
 * it goes on after a break, and who hears of its events.
 */
import type { FeedEntry, FeedEvent } from "@octopus/protocol/feed.ts";
import { type FromHub, type HubState, SIGN_MS } from "./feed-words.ts";
import { hub } from "./hub-link.ts";
import { keys, staleBy } from "./keys.ts";
import type { Stale } from "./stale.ts";
import { wantedLogs } from "./wanted-logs.ts";

export type Connection =
  | { state: "live" | "connecting" | "hidden" }
  /** `since`: epoch milliseconds. */
  | { state: "lost"; since: number; why: string };

type Listener = (event: FeedEvent) => void;

export class Live {
  readonly #stale: Stale;
  readonly #listeners = new Set<Listener>();
  readonly #watchers = new Set<() => void>();
  #connection: Connection = { state: "connecting" };
  #lastId: string | undefined;
  #signs: ReturnType<typeof setInterval> | undefined;

  constructor(stale: Stale) {
    this.#stale = stale;
    hub.listen((word) => this.#hear(word));
  }

  /** Begins, and follows the visibility of the page from then on. Answers the call that ends it. */
  start(): () => void {
    const look = (): void => (document.hidden ? this.#close("hidden") : this.#open());
    // A page that is left is not always hidden before.
    const leave = (): void => this.#close("hidden");
    const stopLogs = wantedLogs.watch(() => this.#isOpen && this.#sign());
    document.addEventListener("visibilitychange", look);
    window.addEventListener("pagehide", leave);
    window.addEventListener("pageshow", look);
    look();
    return () => {
      document.removeEventListener("visibilitychange", look);
      window.removeEventListener("pagehide", leave);
      window.removeEventListener("pageshow", look);
      stopLogs();
      this.#close("connecting");
    };
  }

  get connection(): Connection {
    return this.#connection;
  }

  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /** Every event as it comes, for what must not wait for a list. Answers the call that ends it. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get #isOpen(): boolean {
    return this.#signs !== undefined;
  }

  #open(): void {
    if (this.#isOpen) return;
    this.#stale.resume();
    // What changed while nobody looked: without a place to go on from, everything may have.
    if (this.#lastId === undefined) this.#stale.mark(undefined);
    this.#signs = setInterval(() => this.#sign(), SIGN_MS);
    this.#say({ state: "connecting" });
    this.#sign();
  }

  #sign(): void {
    hub.tell({ type: "look", after: this.#lastId, logs: wantedLogs.ids });
  }

  #close(state: "hidden" | "connecting"): void {
    if (this.#isOpen) hub.tell({ type: "away" });
    clearInterval(this.#signs);
    this.#signs = undefined;
    this.#stale.pause();
    this.#say({ state });
  }

  #hear(word: FromHub): void {
    // What was on its way when the tab was left comes again: nothing is noted of it.
    if (!this.#isOpen) return;
    if (word.type === "log") wantedLogs.tell(word.news);
    else if (word.type === "state") this.#changed(word.state);
    else for (const entry of word.entries) this.#take(entry);
  }

  #take({ id, event }: FeedEntry): void {
    if (id !== "") this.#lastId = id;
    if (this.#connection.state !== "live") this.#changed({ is: "live" });
    this.#stale.mark(staleBy(event));
    for (const listener of this.#listeners) listener(event);
  }

  #changed(state: HubState): void {
    if (state.is === "lost") {
      // It does answer: the token is over, or the namespace is gone. Who is signed in is asked again, which tells.
      if (["unauthorized", "forbidden", "no_namespace"].includes(state.code)) this.#stale.mark([keys.session]);
      else if (this.#connection.state !== "lost") this.#say({ state: "lost", since: Date.now(), why: state.why });
      return;
    }
    const wasLost = this.#connection.state === "lost";
    // Until it is back, what is shown is still old.
    if (state.is === "connecting" && wasLost) return;
    this.#say({ state: state.is });
    if (wasLost) this.#stale.mark(undefined);
  }

  #say(connection: Connection): void {
    if (this.#connection.state === connection.state) return;
    this.#connection = connection;
    for (const watcher of this.#watchers) watcher();
  }
}
