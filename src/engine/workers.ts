/**
 * The engine's side of the worker link: turns what workers say into commands, and the events of a turn into what workers
 * are told. Output goes to the log store before the turn that ends its attempt, so that whoever sees the end also sees
 * the output.
 */
import type { Command, Report } from "../core/command.ts";
import type { AttemptStarted } from "../core/event.ts";
import type { Reply } from "../core/reply.ts";
import { taskId } from "../core/task.ts";
import type { Turn } from "../core/turn.ts";
import { type FromWorker, type Hello, LINK_VERSION, type LogChunk } from "../protocol/link.ts";
import type { WorkerOrigin, WorkerPort, WorkerSession } from "./api.ts";
import { Assignments } from "./assignments.ts";
import type { Feed } from "./feed.ts";
import type { Judge, Judged } from "./graph/judge.ts";
import type { Clock, Library, Log, LogStore, Outside } from "./ports.ts";
import { type Session, Sessions } from "./sessions.ts";
import type { Results } from "./results.ts";
import type { Item, Turns } from "./turns.ts";
import type { WorkCache } from "./work-cache.ts";

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
}

type ResultMessage = Extract<FromWorker, { type: "result" }>;

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
  #chunks: LogChunk[] = [];
  readonly #logWatchers = new Map<number, Set<() => void>>();
  /** By session: results that came while the judge was getting ready, in their order. */
  readonly #late = new Map<Session, ResultMessage[]>();

  constructor(options: WorkersOptions, turns: Turns, works: WorkCache, feed: Feed) {
    this.#options = options;
    this.#turns = turns;
    this.#assignments = new Assignments({ ...options, works, sessions: this.sessions }, turns);
    this.#feed = feed;
  }

  connect(port: WorkerPort, origin: WorkerOrigin): WorkerSession {
    const local = origin.local === true;
    const session = this.sessions.open(port);
    const failure = this.#turns.failure;
    if (failure !== undefined) this.#refuse(session, failure.message, true);
    return {
      receive: (messages) => {
        for (const message of messages) this.#receive(session, message, local);
      },
      closed: () => this.#closed(session, false),
    };
  }

  progressOf(task: number): Progress | undefined {
    return this.#progress.get(task);
  }

  forgetProgress(task: number): void {
    if (this.#progress.size > 0) this.#progress.delete(task);
  }

  watchLogs(task: number, listener: () => void): () => void {
    const listeners = this.#logWatchers.get(task) ?? new Set();
    listeners.add(listener);
    this.#logWatchers.set(task, listeners);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#logWatchers.delete(task);
    };
  }

  /** Sends what the turn means for workers. */
  carryOut(turn: Turn): void {
    const started: AttemptStarted[] = [];
    for (const event of turn.events) if (event.type === "AttemptStarted") started.push(event);
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

  flush(): void {
    this.sessions.flush();
  }

  /** Memory was dropped: workers come again and say what they hold. */
  reset(): void {
    this.#progress.clear();
    this.flushLogs();
    this.sessions.closeAll();
  }

  close(): void {
    this.flushLogs();
    this.sessions.closeAll();
  }

  #receive(session: Session, message: FromWorker, local: boolean): void {
    if (session.closed) return;
    const name = session.name;
    if (name !== undefined && !local) this.#alive(name, session);
    switch (message.type) {
      case "hello":
        return this.#hello(session, message, local);
      case "result":
        return this.#result(session, message);
      case "log":
        return this.#log(message.chunks);
      case "progress": {
        const { task, attempt, value } = message;
        const live = this.#turns.state.tasks.get(task);
        if (live?.live === undefined || live.attempt !== attempt) return;
        this.#progress.set(task, { value, message: message.message });
        const text = message.message === undefined ? {} : { message: message.message };
        const at = this.#options.clock.now();
        this.#feed.event({ type: "progress", id: taskId(live), attempt, value, ...text, at });
        this.#turns.schedule();
        return;
      }
      case "heartbeat":
        session.load = message.load;
        session.rssBytes = message.rssBytes;
        return;
      case "draining":
        if (name !== undefined) this.#turns.push({ command: () => ({ type: "DrainWorker", worker: name }) });
        return;
      case "goodbye":
        return this.#closed(session, true);
      default:
    }
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
    if (worker !== undefined && worker.session === session.id) worker.lastSeenAt = this.#options.clock.now();
  }

  #hello(session: Session, hello: Hello, local: boolean): void {
    if (session.name !== undefined) return this.#refuse(session, "hello was said already", false);
    if (hello.version !== LINK_VERSION) {
      const text = `the server speaks link version ${LINK_VERSION}, this worker ${hello.version}: start the same version of Octopus`;
      return this.#refuse(session, text, false);
    }
    const { slots, instance, abilities, holds, host, pid, octopus, resources } = hello;
    const { kinds, functions } = abilities;
    this.#turns.push({
      command: (state): Command | undefined => {
        if (session.closed) return undefined;
        // Core refuses a second process under a name that is connected. The same process, which lost its connection
        // before we did, takes the place of its older session; and it does so before the turn assigns anything to it.
        const known = state.workers.get(hello.name);
        if (known === undefined || known.session === 0 || known.instance === hello.instance) {
          const older = this.sessions.named(hello.name);
          if (older !== undefined) this.sessions.cut(older);
          this.sessions.name(session, hello.name);
        }
        const worker = hello.name;
        const command = { worker, instance, slots, kinds, functions, host, pid, octopus, resources, holds, local };
        return { type: "ConnectWorker", session: session.id, ...command };
      },
      done: (reply) => this.#welcomed(session, hello, reply),
      failed: (error) => this.#refuse(session, error instanceof Error ? error.message : String(error), true),
    });
    // Held back until the welcome: the first message a worker gets is the answer to its hello.
    session.held = true;
  }

  #welcomed(session: Session, hello: Hello, reply: Reply): void {
    if (!reply.ok)
      return this.#refuse(session, `a worker named ${hello.name} is connected already; choose another --name`, true);
    const { heartbeatMs, leaseMs, clock, log } = this.#options;
    session.connectedAt = clock.now();
    session.welcome({ type: "welcome", session: String(session.id), heartbeatMs, leaseMs });
    log.info({ worker: hello.name, slots: hello.slots, pid: hello.pid }, "worker connected");
  }

  #refuse(session: Session, reason: string, retryable: boolean): void {
    session.welcome({ type: "refuse", reason, retryable });
    session.flush();
    this.sessions.cut(session);
  }

  #result(session: Session, message: ResultMessage): void {
    const name = session.name;
    if (name === undefined) return;
    const { task, attempt, n } = message;
    const { judge } = this.#options;
    const isJudged = judge.concerns(this.#turns.state.tasks.get(task), attempt, message.report);
    // Results are acknowledged in the order they came: one that has to wait keeps those behind it waiting.
    const late = this.#late.get(session);
    if (late !== undefined) return void late.push(message);
    const waits = isJudged ? judge.waits() : undefined;
    if (waits !== undefined) {
      this.#late.set(session, [message]);
      const goOn = (): void => this.#goOn(session);
      return void waits.then(goOn, goOn);
    }
    let report: Report;
    try {
      report = this.#reportOf(isJudged ? judge.judge(task, message.report) : message.report);
    } catch (error) {
      // The result could not be kept (the disk is full): the worker holds it and brings it again.
      this.#options.log.error({ task }, error instanceof Error ? error.message : String(error));
      session.close();
      this.#closed(session, false);
      return;
    }
    this.#turns.push({
      command: () => {
        session.received = Math.max(session.received, n);
        return { type: "EndAttempt", worker: name, session: session.id, task, attempt, report };
      },
      ...((report.resultRef ?? report.artifacts) !== undefined && this.#keeping(report)),
    });
  }

  #goOn(session: Session): void {
    const late = this.#late.get(session) ?? [];
    this.#late.delete(session);
    if (!session.closed) for (const message of late) this.#result(session, message);
  }

  /** A large result and files are on their way until the turn is over. */
  #keeping({ resultRef, artifacts = [] }: Report): Pick<Item, "done" | "failed"> {
    const { results } = this.#options;
    const references = artifacts.map(({ hash }) => hash);
    if (resultRef !== undefined) references.push(resultRef);
    return {
      done: (reply) => {
        for (const reference of references) results.settle(reference);
        if (reply.ok && reply.ignored === true) results.remove(references);
      },
      // The worker brings the result again, and the files are still here then.
      failed: () => results.settle(resultRef),
    };
  }

  #reportOf(report: Judged): Report {
    const { result, ...rest } = report;
    // One that is gone (its task's twin was removed meanwhile) is left out: a list must not promise what is not there.
    if (rest.artifacts !== undefined)
      rest.artifacts = rest.artifacts.filter(({ hash }) => this.#options.results.has(hash));
    if (result === undefined) return rest;
    const text = JSON.stringify(result);
    if (text.length <= this.#options.resultBytesMax) return { ...rest, result: text };
    return { ...rest, resultRef: this.#options.results.keep(text) };
  }

  #log(chunks: readonly LogChunk[]): void {
    for (const chunk of chunks) this.#chunks.push(chunk);
    this.#options.clock.soon(() => this.flushLogs());
  }

  /** Writes the output that has come in, and tells those who follow it. */
  flushLogs(): void {
    const chunks = this.#chunks;
    if (chunks.length === 0) return;
    this.#chunks = [];
    try {
      this.#options.logs.append(chunks);
    } catch (error) {
      this.#options.log.warn({ chunks: chunks.length, cause: String(error) }, "output could not be kept");
    }
    if (this.#logWatchers.size === 0) return;
    for (const task of new Set(chunks.map((chunk) => chunk.task))) {
      for (const listener of this.#logWatchers.get(task) ?? []) listener();
    }
  }

  #closed(session: Session, goodbye: boolean): void {
    if (!this.sessions.has(session)) return;
    this.sessions.remove(session);
    const name = session.name;
    if (name === undefined) return;
    this.#options.log.info({ worker: name }, goodbye ? "worker said goodbye" : "worker disconnected");
    this.#turns.push({ command: () => ({ type: "DisconnectWorker", worker: name, session: session.id, goodbye }) });
  }
}
