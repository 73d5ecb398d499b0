/**
 * One feed for all tabs of a browser that show the same namespace: a browser opens six connections to a server, and a feed
 * holds one for as long as it is read. It runs in a shared worker; where there is none, each tab has a hub of its own.
 *
 * FH1  It reads while somebody looks at a tab, and not otherwise.
 * FH2  A tab that comes back gets what it missed, or word that something is missing.
 * FH3  A tab that went without a word is forgotten: signs of life stop.
 */
import { OctopusError } from "@octopus/base/errors.ts";
import type { Client } from "@octopus/client/client.ts";
import type { FeedEntry } from "@octopus/protocol/feed.ts";
import { FeedWindow } from "@octopus/view/feed-window.ts";
import { type FromHub, type HubState, SIGN_MS, type ToHub } from "./feed-words.ts";
import { LogHub } from "./log-hub.ts";

const SILENT_MS_MAX = 3 * SIGN_MS + 5000;
/** From one tab to the next nothing is looked at for a moment. */
const CLOSE_MS = 1000;
/** What comes in one burst travels together. */
const BURST_MS = 16;

interface Looker {
  heardAt: number;
  logs: readonly string[];
}

export class FeedHub {
  readonly #client: Client;
  readonly #window = new FeedWindow();
  readonly #lookers = new Map<MessagePort, Looker>();
  readonly #logs: LogHub;
  #state: HubState = { is: "connecting" };
  #stop: AbortController | undefined;
  #closing: ReturnType<typeof setTimeout> | undefined;
  #sweeping: ReturnType<typeof setInterval> | undefined;
  #burst: FeedEntry[] = [];

  constructor(client: Client) {
    this.#client = client;
    this.#logs = new LogHub(client, (news) => {
      for (const [port, { logs }] of this.#lookers) if (logs.includes(news.id)) send(port, { type: "log", news });
    });
  }

  /** A tab, which is heard from now on. */
  join(port: MessagePort): void {
    port.addEventListener("message", ({ data }: MessageEvent<ToHub>) => this.#hear(port, data));
    port.start();
  }

  #hear(port: MessagePort, word: ToHub): void {
    if (word.type === "away") this.#forget(port);
    else if (word.type === "anew") this.#beginAnew();
    else this.#look(port, word);
  }

  #look(port: MessagePort, { after, logs }: Extract<ToHub, { type: "look" }>): void {
    const known = this.#lookers.get(port);
    const before = known?.logs ?? [];
    this.#flush();
    this.#lookers.set(port, { heardAt: Date.now(), logs });
    if (known === undefined && after !== undefined) this.#catchUp(port, after);
    this.#open(after);
    send(port, { type: "state", state: this.#state });
    this.#logs.want([...this.#lookers.values()].flatMap((looker) => looker.logs));
    for (const id of logs) {
      const news = before.includes(id) ? undefined : this.#logs.newest(id);
      if (news !== undefined) send(port, { type: "log", news });
    }
    this.#sweeping ??= setInterval(() => this.#sweep(), SIGN_MS);
  }

  /** FH2 */
  #catchUp(port: MessagePort, after: string): void {
    // Nothing was read here yet: it is read from there.
    if (this.#stop === undefined && this.#window.lastId === undefined) return;
    const missed = this.#window.after(after) ?? [{ id: "", event: { type: "resync", at: Date.now() } }];
    if (missed.length > 0) send(port, { type: "entries", entries: missed });
  }

  #forget(port: MessagePort): void {
    if (!this.#lookers.delete(port)) return;
    this.#logs.want([...this.#lookers.values()].flatMap(({ logs }) => logs));
    if (this.#lookers.size > 0) return;
    clearTimeout(this.#closing);
    this.#closing = setTimeout(() => this.#lookers.size === 0 && this.#close(), CLOSE_MS);
  }

  /** FH3 */
  #sweep(): void {
    const oldest = Date.now() - SILENT_MS_MAX;
    for (const [port, { heardAt }] of this.#lookers) if (heardAt < oldest) this.#forget(port);
  }

  #beginAnew(): void {
    this.#close();
    this.#window.clear();
    this.#logs.want([]);
    if (this.#lookers.size === 0) return;
    this.#open(undefined);
    this.#logs.want([...this.#lookers.values()].flatMap(({ logs }) => logs));
  }

  #open(after: string | undefined): void {
    if (this.#stop !== undefined) return;
    const stop = new AbortController();
    this.#stop = stop;
    this.#say({ is: "connecting" });
    void this.#follow(this.#window.lastId ?? after, stop.signal);
  }

  #close(): void {
    this.#stop?.abort();
    this.#stop = undefined;
    clearInterval(this.#sweeping);
    this.#sweeping = undefined;
  }

  async #follow(first: string | undefined, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const onConnection = (lost: OctopusError | undefined): void => this.#say(stateOf(lost));
        const feed = this.#client.feed(this.#window.lastId ?? first, { signal, onConnection });
        // A feed in which nothing happens says nothing: that it is read is known from another answer.
        this.#client.version(signal).then(
          () => !signal.aborted && this.#say({ is: "live" }),
          () => undefined,
        );
        for await (const entry of feed) this.#take(entry);
      } catch (error) {
        if (!signal.aborted) this.#say(stateOf(error));
      }
      if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 1000 + Math.random() * 1000));
    }
  }

  #take(entry: FeedEntry): void {
    this.#say({ is: "live" });
    this.#window.push(entry);
    if (this.#burst.length === 0) setTimeout(() => this.#flush(), BURST_MS);
    this.#burst.push(entry);
  }

  #flush(): void {
    if (this.#burst.length === 0) return;
    const entries = this.#burst;
    this.#burst = [];
    for (const port of this.#lookers.keys()) send(port, { type: "entries", entries });
  }

  #say(state: HubState): void {
    if (state.is === this.#state.is && state.is !== "lost") return;
    this.#state = state;
    for (const port of this.#lookers.keys()) send(port, { type: "state", state });
  }
}

function send(port: MessagePort, word: FromHub): void {
  port.postMessage(word);
}

function stateOf(lost: unknown): HubState {
  if (lost === undefined) return { is: "live" };
  if (lost instanceof OctopusError) return { is: "lost", code: lost.code, why: lost.message };
  return { is: "lost", code: "internal", why: lost instanceof Error ? lost.message : "the stream has ended" };
}
