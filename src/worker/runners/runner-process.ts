/**
 * One process of a runner as the worker sees it: started, its messages, what it writes, and its end, told exactly once. What
 * it is given to do is `runner.ts`.
 *
 * RP1  Nothing is read of its output while that is off: what it has written stays in the kernel, where the runner sees it.
 *      After its end the rest is read when all of its messages have been.
 * RP2  Its messages come on a line of their own: one that could not be sent to it costs nothing of what it has said.
 * RP3  Its end is told after all that it has said and written, and after its whole group was killed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { encodeFrames, FrameReader } from "./frames.ts";
import { guarded, IS_GUARDED } from "./guard.ts";
import type { FromRunner, ToRunner } from "./messages.ts";

/** Output that somebody else holds open after the end of the process is not waited for longer. */
const HOLD_MS = 1000;

export interface ProcessEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** It could not be started, or broke the rules. */
  fault?: string | undefined;
}

export interface RunnerEvents {
  message(message: FromRunner): void;
  output(stream: "stdout" | "stderr", bytes: Buffer): void;
  ended(end: ProcessEnd): void;
}

export interface RunnerCommand {
  argv: readonly string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
}

/** The part of a socket of Node that stops reading at once: `pause` reads on until its buffer is full. */
interface Switch {
  readStart(): number;
  readStop(): number;
}

export class RunnerProcess {
  readonly #child: ChildProcess;
  readonly #control: Socket | undefined;
  readonly #guard: Socket | undefined;
  readonly #answers: Socket | undefined;
  readonly #events: RunnerEvents;
  #outgoing: ToRunner[] = [];
  #isReading = true;
  #end: ProcessEnd | undefined;
  #isTold = false;
  #hasAllMessages = false;
  #fault: string | undefined;
  #openStreams = 3;
  #timer: NodeJS.Timeout | undefined;

  constructor({ argv, env, cwd }: RunnerCommand, events: RunnerEvents) {
    this.#events = events;
    const [program, ...args] = guarded(argv) as [string, ...string[]];
    this.#child = spawn(program, args, {
      env,
      cwd,
      stdio: ["ignore", "pipe", "pipe", "pipe", "pipe", "pipe"],
      // A session of its own: its group can be killed as a whole, and a Ctrl-C in the terminal is the worker's affair.
      detached: IS_GUARDED,
      windowsHide: true,
    });
    this.#control = this.#child.stdio[3] as Socket | undefined;
    this.#guard = this.#child.stdio[4] as Socket | undefined;
    this.#answers = (this.#child.stdio as readonly unknown[])[5] as Socket | undefined;
    this.#listen();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Sends with everything else that is sent in this turn. */
  send(message: ToRunner): void {
    if (this.#outgoing.push(message) > 1) return;
    queueMicrotask(() => {
      const messages = this.#outgoing;
      this.#outgoing = [];
      if (this.#control?.writable === true) this.#control.write(encodeFrames(messages));
    });
  }

  /** Whether what it writes is read, and told. */
  setReading(isReading: boolean): void {
    if (isReading === this.#isReading) return;
    this.#isReading = isReading;
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      const handle = (stream as unknown as { _handle?: Switch | null })._handle;
      if (isReading) handle?.readStart();
      else handle?.readStop();
    }
  }

  /** Whether it keeps the worker's process alive. */
  setActive(isActive: boolean): void {
    const act = isActive ? "ref" : "unref";
    this.#child[act]();
    for (const stream of this.#child.stdio) (stream as Socket | null)?.[act]?.();
  }

  /** Asks its group to end the call that runs. */
  terminate(): void {
    this.#signal("SIGTERM");
  }

  kill(): void {
    this.#signal("SIGKILL");
  }

  /** It broke the rules: it is killed, and its end says why. */
  refuse(why: string): void {
    this.#fault ??= why;
    this.kill();
  }

  /** Lets it end by itself, when it is idle. */
  close(): void {
    this.#control?.end();
  }

  #signal(signal: "SIGTERM" | "SIGKILL"): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#isTold) return;
    try {
      if (IS_GUARDED) process.kill(-pid, signal);
      else if (signal === "SIGKILL") this.#child.kill(signal);
    } catch {
      // It has no member any more.
    }
  }

  #listen(): void {
    const child = this.#child;
    const reader = new FrameReader(
      (message) => {
        // Nothing that it says after a breach is believed.
        if (this.#fault === undefined) this.#events.message(message);
      },
      (why) => this.refuse(why),
    );
    this.#answers?.on("data", (chunk: Buffer) => reader.push(chunk));
    this.#control?.on("error", () => undefined);
    this.#answers?.on("error", () => undefined);
    this.#answers?.on("close", () => {
      this.#hasAllMessages = true;
      // Whose the rest of its output is, its last messages say.
      if (this.#end !== undefined) this.setReading(true);
      this.#closed();
    });
    this.#guard?.on("error", () => undefined);
    for (const name of ["stdout", "stderr"] as const) {
      const stream = child[name];
      stream?.on("data", (chunk: Buffer) => this.#events.output(name, chunk));
      stream?.on("error", () => undefined);
      stream?.on("close", () => this.#closed());
    }
    child.on("error", (error) => {
      if (child.pid !== undefined) return;
      this.#fault ??= error.message;
      this.#end = { code: null, signal: null };
      this.#openStreams = 0;
      this.#settle();
    });
    child.on("exit", (code, signal) => {
      this.#end = { code, signal };
      // Those that it leaves behind go with it.
      this.#signal("SIGKILL");
      if (this.#hasAllMessages) this.setReading(true);
      this.#timer = setTimeout(() => {
        this.setReading(true);
        this.#openStreams = 0;
        this.#settle();
      }, HOLD_MS);
      this.#settle();
    });
  }

  #closed(): void {
    this.#openStreams--;
    this.#settle();
  }

  /** Everything has been read: what it said is handled before its end is. */
  #settle(): void {
    if (this.#end === undefined || this.#openStreams > 0 || this.#isTold) return;
    this.#isTold = true;
    clearTimeout(this.#timer);
    // What it said last may be read in this very turn.
    setImmediate(() => {
      for (const stream of this.#child.stdio) stream?.destroy();
      this.#events.ended({ ...this.#end!, fault: this.#fault });
    });
  }
}
