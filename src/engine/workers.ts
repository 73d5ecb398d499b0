/**
 * The engine's side of the worker link: turns what workers say into commands, and the events of a turn into what workers
 * are told. Output goes to the log store before the turn that ends its attempt, so that whoever sees the end also sees
 * the output.
 */
import type { Command } from "../core/command.ts";
import type { Event } from "../core/event.ts";
import type { AttemptStarted } from "../core/task-events.ts";
import type { Reply } from "../core/reply.ts";
import { SILENT_MS } from "../core/fleet/eligible.ts";
import { taskId } from "../core/task.ts";
import type { Turn } from "../core/turn.ts";
import type { AttemptRef, FromWorker, Hello, LogChunk, OfferAnew } from "../protocol/link.ts";
import type { AdapterCopy } from "../protocol/plugin.ts";
import type { UsageHistory } from "../protocol/worker-views.ts";
import type { WorkerOrigin, WorkerPort, WorkerSession } from "./api.ts";
import { Assignments } from "./assignments.ts";
import type { Feed } from "./feed.ts";
import type { Judge } from "./graph/judge.ts";
import type { Clock, Library, Log, LogStore, Outside } from "./ports.ts";
import { Distribution } from "./plugins/distribution.ts";
import { type Session, Sessions } from "./sessions.ts";
import type { Results } from "./results.ts";
import type { Turns } from "./turns.ts";
import type { WorkCache } from "./work-cache.ts";
import { agree, type Agreement, connecting, nameRefusal, welcome, withOffer } from "./workers/greeting.ts";
import { ANSWER_MS, isSuspect, nameTaken } from "./workers/holder.ts";
import { isOn, lieAbout } from "./workers/honesty.ts";
import { Output } from "./workers/output.ts";
import { ResultsIn } from "./workers/results-in.ts";
import { type Span, UsageHistories } from "./workers/usage-history.ts";

export interface WorkersOptions {
  clock: Clock;
  library: Library;
  logs: LogStore;
  results: Results;
  judge: Judge;
  outside: Pick<Outside, "sign">;
  log: Log;
  leaseMs: number;
  heartbeatMs: number;
  resultBytesMax: number;
  adapters?: Readonly<Record<string, AdapterCopy>> | undefined;
}

export interface Progress {
  value: number;
  message: string | undefined;
}

export class Workers {
  readonly sessions = new Sessions();
  readonly #options: WorkersOptions;
  readonly #turns: Turns;
  readonly #assignments: Assignments;
  readonly #feed: Feed;
  readonly #progress = new Map<number, Progress>();
  readonly #output: Output;
  readonly #resultsIn: ResultsIn;
  readonly #history = new UsageHistories();
  readonly #plugins: Distribution;

  constructor(options: WorkersOptions, turns: Turns, works: WorkCache, feed: Feed) {
    this.#options = options;
    this.#turns = turns;
    this.#assignments = new Assignments({ ...options, works, sessions: this.sessions }, turns);
    this.#feed = feed;
    this.#plugins = new Distribution(options, this.sessions, turns);
    this.#output = new Output(options);
    this.#resultsIn = new ResultsIn({ ...options, cut: (session) => this.#cut(session) }, turns);
  }

  connect(port: WorkerPort, origin: WorkerOrigin): WorkerSession {
    const session = this.sessions.open(port, origin);
    const { refusal } = this.#turns;
    if (refusal !== undefined) this.#refuse(session, refusal.message, true);
    return {
      receive: (messages) => {
        for (const message of messages) this.#receive(session, message);
      },
      closed: () => this.#closed(session, false),
    };
  }

  progressOf(task: number): Progress | undefined {
    return this.#progress.get(task);
  }

  /** An attempt of the task has ended. */
  attemptEnded(task: number): void {
    if (this.#progress.size > 0) this.#progress.delete(task);
    this.#output.attemptEnded(task);
  }

  watchLogs(task: number, listener: () => void): () => void {
    return this.#output.watch(task, listener);
  }

  usage(worker: string, span: Span): UsageHistory | undefined {
    return this.#history.read(worker, span, this.#options.clock.now());
  }

  /** Sends what the turn means for workers. */
  carryOut(turn: Turn): void {
    const started: AttemptStarted[] = [];
    for (const event of turn.events) {
      if (event.type === "AttemptStarted") started.push(event);
      else this.#follow(event);
    }
    this.#plugins.carryOut();
    if (started.length > 0) this.#assignments.send(turn, started);
    for (const effect of turn.effects) {
      const session = this.sessions.named(effect.worker);
      if (session === undefined) continue;
      if (effect.type === "CancelAttempt") {
        const { task, attempt, reason } = effect;
        session.post({ type: "cancel", task, attempt, reason });
      } else if (session.id === effect.session) {
        this.sessions.cut(session);
      }
    }
  }

  /** Who has lost the right to be here is cut off as soon as that is durable. */
  #follow(event: Event): void {
    switch (event.type) {
      case "TokenRevoked":
        return this.#dismiss(({ token }) => token === event.token, "its token was revoked");
      case "KeyUntrusted":
        return this.#dismiss(
          ({ key, name }) => key === event.key && name === event.worker,
          "its key is not trusted any more",
        );
      case "WorkerForgotten":
        return this.#history.forget(event.worker);
      case "PluginPublished":
      case "PluginRemoved":
        return this.#plugins.change();
      default:
    }
  }

  #dismiss(
    which: (who: { token?: string | undefined; key?: string | undefined; name?: string | undefined }) => boolean,
    reason: string,
  ): void {
    for (const session of [...this.sessions]) {
      const { token, key } = session.origin;
      if (!which({ token, key, name: session.name ?? session.origin.worker })) continue;
      session.complain("refused.worker", reason);
      this.#refuse(session, reason, false);
    }
  }

  /** Tells a worker to end once it has nothing left to do. */
  release(name: string): void {
    const session = this.sessions.named(name);
    session?.post({ type: "drain", stop: true });
    session?.flush();
  }

  flush(): void {
    this.sessions.flush();
  }

  /** Memory was dropped: workers come again and say what they hold. */
  reset(): void {
    this.#progress.clear();
    this.#output.flush();
    this.sessions.closeAll();
  }

  close(): void {
    this.#plugins.stop();
    this.#output.flush();
    this.sessions.closeAll();
  }

  #receive(session: Session, message: FromWorker): void {
    if (session.closed) return;
    const { name } = session;
    const { expiresAt } = session.origin;
    if (expiresAt !== undefined && this.#options.clock.now() >= expiresAt) {
      if (name !== undefined) session.complain("refused.worker", "its token has expired");
      return this.#refuse(session, "its token has expired", false);
    }
    if (name !== undefined && session.origin.local !== true) this.#alive(name, session);
    switch (message.type) {
      case "hello":
        return this.#hello(session, message);
      case "offer":
        return this.#offer(session, message);
      case "result":
        return this.#resultsIn.take(session, message);
      case "log":
        return this.#log(session, message.chunks);
      case "progress":
        return this.#told(session, message);
      case "heartbeat":
        return this.#heartbeat(session, message);
      case "plugins":
        return this.#plugins.told(session, message);
      case "draining":
        if (name !== undefined) this.#turns.push({ command: () => ({ type: "DrainWorker", worker: name }) });
        return;
      case "goodbye":
        return this.#closed(session, true);
      default:
    }
  }

  #told(session: Session, message: Extract<FromWorker, { type: "progress" }>): void {
    const { task, attempt, value } = message;
    const live = this.#turns.state.tasks.get(task);
    if (!isOn(live, attempt, session.name)) return this.#notIts(session, message, "progress");
    this.#progress.set(task, { value, message: message.message });
    const text = message.message === undefined ? {} : { message: message.message };
    const at = this.#options.clock.now();
    this.#feed.event({ type: "progress", id: taskId(live!), attempt, value, ...text, at });
    this.#turns.schedule();
  }

  #heartbeat(session: Session, message: Extract<FromWorker, { type: "heartbeat" }>): void {
    const { name } = session;
    if (name === undefined) return;
    const now = this.#options.clock.now();
    const { tasks, workers } = this.#turns.state;
    const { load, rssBytes, usage, attempts } = message;
    session.load = load;
    session.rssBytes = rssBytes;
    // Not every heartbeat brings them.
    session.usage = usage ?? session.usage;
    session.attempts =
      attempts === undefined
        ? session.attempts
        : attempts.filter(({ task, attempt }) => isOn(tasks.get(task), attempt, name));
    this.#history.add(name, now, { usage, load, active: workers.get(name)?.attempts.size ?? 0 });
  }

  beat(name: string, id: string): boolean {
    const session = this.sessions.named(name);
    if (session === undefined || String(session.id) !== id) return false;
    this.#alive(name, session);
    return true;
  }

  /** A sign of life; it is not worth a turn. */
  #alive(name: string, session: Session): void {
    const worker = this.#turns.state.workers.get(name);
    if (worker === undefined || worker.session !== session.id) return;
    const now = this.#options.clock.now();
    // One that was silent for so long got no work; now it may.
    if (now - worker.lastSeenAt >= SILENT_MS) this.#turns.schedule();
    worker.lastSeenAt = now;
  }

  #hello(session: Session, hello: Hello): void {
    if (session.name !== undefined) return this.#refuse(session, "hello was said already", false);
    const agreement = agree(hello);
    if (typeof agreement === "string") return this.#refuse(session, agreement, false);
    const refusal = nameRefusal(hello, session.origin);
    if (refusal !== undefined) return this.#refuse(session, refusal, false);
    this.#join(session, hello, agreement);
    // Held back until the welcome: the first message a worker gets is the answer to its hello.
    session.held = true;
  }

  #join(session: Session, hello: Hello, agreement: Agreement): void {
    this.#turns.push({
      command: (state): Command | undefined => {
        if (session.closed) return undefined;
        // Core refuses a second process under a name that is connected. The same process, which lost its connection
        // before we did, takes the place of its older session; and it does so before the turn assigns anything to it.
        const known = state.workers.get(hello.name);
        if (known === undefined || known.session === 0 || known.instance === hello.instance) {
          const older = this.sessions.named(hello.name);
          if (older !== undefined) this.sessions.cut(older);
          this.sessions.name(session, hello, agreement);
        }
        return connecting(hello, session.id, session.origin, agreement);
      },
      done: (reply) => this.#welcomed(session, hello, agreement, reply),
      failed: (error) => this.#refuse(session, error instanceof Error ? error.message : String(error), true),
    });
  }

  /** It can do something else than it said at its hello. What runs there goes on, and what is on its way to it arrives. */
  #offer(session: Session, offer: OfferAnew): void {
    const { agreement, hello } = session;
    if (hello === undefined || agreement === undefined) return;
    const anew = (session.hello = withOffer(hello, offer));
    this.#turns.push({
      command: () =>
        session.closed ? undefined : { ...connecting(anew, session.id, session.origin, agreement), holds: undefined },
    });
  }

  /** Another process has the name. One that has gone without a word gives it up, and does not wait for its lease to run out. */
  #nameTaken(session: Session, hello: Hello, agreement: Agreement): void {
    const { name } = hello;
    const holder = this.sessions.named(name);
    const refuse = (): void => this.#refuse(session, nameTaken(name, holder), true, { taken: true });
    if (holder?.port.isThere === undefined || !this.#isSuspect(name)) return refuse();
    void holder.port.isThere(ANSWER_MS).then((isThere) => {
      // A thread of it may have said that it lives while its own code held the loop that answers.
      if (isThere || !this.#isSuspect(name)) return refuse();
      this.#cut(holder);
      this.#join(session, hello, agreement);
    });
  }

  #isSuspect(name: string): boolean {
    const { clock, leaseMs } = this.#options;
    const lastSeenAt = this.#turns.state.workers.get(name)?.lastSeenAt ?? 0;
    return isSuspect(clock.now() - lastSeenAt, leaseMs);
  }

  #welcomed(session: Session, hello: Hello, agreement: Agreement, reply: Reply): void {
    if (!reply.ok) return this.#nameTaken(session, hello, agreement);
    const { heartbeatMs, leaseMs, clock, log } = this.#options;
    session.connectedAt = clock.now();
    const { cluster } = this.#turns.state.access;
    session.welcome(welcome(agreement, { session: session.id, heartbeatMs, leaseMs, cluster }));
    if (agreement.features.includes("plugins")) this.#plugins.welcomed(session);
    const { slots, pid } = hello;
    log.info({ worker: hello.name, slots, pid, address: session.origin.address }, "worker connected");
  }

  #refuse(session: Session, reason: string, retryable: boolean, how: { taken?: true } = {}): void {
    if (session.name === undefined) session.complain("refused.worker", reason);
    session.end({ type: "refuse", reason, retryable, ...how });
    this.#cut(session);
  }

  #log(session: Session, chunks: readonly LogChunk[]): void {
    const { tasks } = this.#turns.state;
    for (const chunk of chunks) {
      if (!isOn(tasks.get(chunk.task), chunk.attempt, session.name)) this.#notIts(session, chunk, "output");
      else this.#output.add(chunk);
    }
  }

  /** About an attempt that was given up: late, and ignored. About one that it never had: a lie, and told of. */
  #notIts(session: Session, ref: AttemptRef, what: string): void {
    const lie = session.name === undefined ? undefined : lieAbout(this.#turns.state, ref, session.name);
    if (lie !== undefined) session.complain(`refused.${what}`, `${what} that it cannot have: ${lie}`);
  }

  /** Output of attempts that another server has taken in. */
  followOutput(chunks: readonly LogChunk[]): void {
    this.#output.follow(chunks);
  }

  /** Writes the output that has come in, and tells those who follow it. */
  flushLogs(): void {
    this.#output.flush();
  }

  #cut(session: Session): void {
    session.close();
    this.#closed(session, false);
  }

  #closed(session: Session, goodbye: boolean): void {
    if (!this.sessions.has(session)) return;
    this.sessions.remove(session);
    const name = session.name;
    if (name === undefined) return;
    this.#options.log.info({ worker: name }, goodbye ? "worker said goodbye" : "worker disconnected");
    if (!goodbye) this.#feed.event({ type: "worker", name, state: "idle", at: this.#options.clock.now() });
    this.#turns.push({ command: () => ({ type: "DisconnectWorker", worker: name, session: session.id, goodbye }) });
  }
}
