/** The dashboard while it runs: what happens becomes messages, states become frames, effects are carried out. */
import { OctopusError } from "../base/errors.ts";
import type { Client } from "../client/mod.ts";
import type { SessionView } from "../protocol/access.ts";
import type { StatusView } from "../protocol/views.ts";
import { setTimeout as delay } from "node:timers/promises";
import { perform } from "./acts.ts";
import { createDrawing, type Drawing } from "./draw.ts";
import { frameOf } from "./frame.ts";
import { LogTail } from "./log-tail.ts";
import { Reads } from "./reads.ts";
import type { Depth } from "./sgr.ts";
import { initialState, type State, type Tab } from "./state.ts";
import { logWantOf } from "./talkers.ts";
import type { Terminal } from "./terminal.ts";
import { type Effect, type Message, update } from "./update.ts";
import { wantsOf } from "./wants.ts";

/** Least time between two pictures that nobody asked for by a key. */
const FRAME_MS = 100;
const TICK_MS = 1000;

export interface TopOptions {
  client: Client;
  terminal: Terminal;
  /** Loaded when the first picture stands. */
  loadInk: () => Promise<typeof import("./ink.ts")>;
  depth: Depth;
  tab?: Tab | undefined;
  hasMouse: boolean;
  /** What the server was asked already. */
  asked: Promise<[StatusView, SessionView | undefined]>;
}

/** Runs until the reader quits, or the terminal is gone. Throws what the server says when it refuses the first question. */
export async function runTop(options: TopOptions): Promise<void> {
  const top = new Top(options);
  try {
    await top.run();
  } finally {
    top.end();
  }
}

class Top {
  readonly #options: TopOptions;
  readonly #drawing: Drawing;
  readonly #pacer: Pacer;
  readonly #reads: Reads;
  readonly #tail: LogTail;
  readonly #stop = new AbortController();
  readonly #over = Promise.withResolvers<void>();
  #ticking: NodeJS.Timeout | undefined;
  #state: State;

  constructor(options: TopOptions) {
    const { client, terminal, depth, hasMouse, tab } = options;
    this.#options = options;
    const size = terminal.size;
    this.#state = initialState({ url: client.url, size, now: Date.now(), depth, hasMouse, ...(tab && { tab }) });
    this.#drawing = createDrawing(terminal);
    this.#pacer = createPacer(() => this.#drawing.draw(this.#state, frameOf(this.#state)));
    this.#reads = new Reads(client, {
      onRead: (slot, key, value) => this.#take({ type: "read", slot, key, value }),
      onUnread: (slot, key, error) => this.#take({ type: "unread", slot, key, error }),
      onLink: (isUp, reason) =>
        this.#take({ type: "link", is: isUp ? "up" : "lost", ...(reason !== undefined && { reason }) }),
    });
    this.#tail = new LogTail(client, (log) => this.#take({ type: "log", log }));
  }

  async run(): Promise<void> {
    const { terminal, asked, loadInk } = this.#options;
    const resize = (): void => this.#take({ type: "size", ...terminal.size });
    terminal.enter({
      onInput: (input) => this.#take({ type: "input", input }),
      onSize: resize,
      onBack: () => {
        this.#drawing.reset();
        resize();
        this.#pacer.ask(true);
      },
      onGone: () => this.#over.resolve(),
    });
    this.#ticking = setInterval(() => this.#take({ type: "tick", now: Date.now() }), TICK_MS);
    // An answer that is there already is in the first picture.
    const began = asked.then((answers) => this.#begin(...answers));
    began.catch(this.#over.reject);
    await new Promise((resolve) => setImmediate(resolve));
    this.#pacer.now();
    setImmediate(() => void loadInk().then((ink) => this.#drawing.use(ink), this.#over.reject));
    await this.#over.promise;
  }

  #begin(status: StatusView, session: SessionView | undefined): void {
    if (session !== undefined) this.#take({ type: "session", session });
    this.#take({ type: "link", is: "up" });
    this.#take({ type: "read", slot: "status", key: "", value: status });
    void this.#listen();
  }

  end(): void {
    clearInterval(this.#ticking);
    this.#stop.abort();
    this.#reads.stop();
    this.#tail.stop();
    this.#pacer.stop();
    this.#drawing.end();
    this.#options.terminal.leave();
  }

  #take(message: Message): void {
    const before = this.#state;
    const { state, effects } = update(before, message);
    this.#state = state;
    if (before !== state) {
      if (message.type !== "tick") {
        this.#reads.want(wantsOf(state));
        this.#tail.show(logWantOf(state));
      }
      if (before.size !== state.size) this.#drawing.reset();
      this.#pacer.ask(message.type === "input" || message.type === "size");
    }
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: Effect): void {
    const { client, terminal } = this.#options;
    switch (effect.does) {
      case "quit":
        return this.#over.resolve();
      case "suspend":
        return terminal.suspend();
      case "redraw":
        this.#drawing.reset();
        this.#reads.again();
        return this.#pacer.ask(true);
      case "read back":
        return void this.#tail.readBack();
      case "mouse":
        return terminal.setMouse(effect.isOn);
      case "copy":
        return terminal.write(`\u001b]52;c;${Buffer.from(effect.text).toString("base64")}\u0007`);
      case "act":
        perform(client, effect.act).then(
          (text) => {
            this.#take({ type: "said", text, tone: "good" });
            this.#reads.again();
          },
          (error: unknown) => this.#take({ type: "said", text: messageOf(error), tone: "bad" }),
        );
    }
  }

  /** The one stream; a server that is away is tried again until it is back. */
  async #listen(): Promise<void> {
    const { signal } = this.#stop;
    const onConnection = (lost: OctopusError | undefined): void => {
      if (lost !== undefined) return this.#take({ type: "link", is: "lost", reason: lost.message });
      this.#take({ type: "link", is: "up" });
      this.#reads.again();
    };
    for (; !signal.aborted;) {
      try {
        for await (const { event } of this.#options.client.feed(undefined, { signal, onConnection }))
          this.#reads.tell(event);
      } catch (error) {
        if (signal.aborted) return;
        // Somebody took our token away, for instance: what is read still says so.
        if (!(error instanceof OctopusError) || !error.retryable)
          this.#take({ type: "said", text: messageOf(error), tone: "bad" });
      }
      await pause(TICK_MS, signal);
    }
  }
}

/** Resolves after this time, or as soon as everything ends. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

interface Pacer {
  ask(isUrgent: boolean): void;
  now(): void;
  stop(): void;
}

/** At most ten pictures a second, but one at once for each key. */
function createPacer(draw: () => void): Pacer {
  let last = -Infinity;
  let timer: NodeJS.Timeout | undefined;
  let immediate: NodeJS.Immediate | undefined;
  const now = (): void => {
    clearTimeout(timer);
    clearImmediate(immediate);
    timer = undefined;
    immediate = undefined;
    last = performance.now();
    draw();
  };
  return {
    now,
    ask(isUrgent) {
      // Keys that came together are drawn together.
      if (isUrgent) immediate ??= setImmediate(now);
      else timer ??= setTimeout(now, Math.max(0, last + FRAME_MS - performance.now()));
    },
    stop() {
      clearTimeout(timer);
      clearImmediate(immediate);
    },
  };
}
