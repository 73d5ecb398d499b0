/**
 * One runner: the calls that were sent to a process, in their order, and how one of them is stopped without touching another.
 * Calls are sent ahead, because a round trip costs more than many a call; so the worker must know at times which of them
 * runs, and must be able to take the others back.
 *
 * RU1  Output is read while at most one call is with the process, or its next boundary is ours; so it is always known whose
 *      it is. What is left unread at the end of a call the process says (`dirty`), and waits.
 * RU2  A call is signalled or killed only when it is certain that it is the one that runs.
 * RU3  What was not begun goes back to the pool, whatever becomes of the process; none is given to one that was killed.
 *
 * Certain is: `hold` was sent at least a turn ago, and no answer has come for so long (`SILENT_MS`) that the process looks for
 * `hold` at the end of what it runs (M3). An answer that was on its way would have come in that turn.
 */
import type { Call } from "./call.ts";
import { endLeftBehind, RUNNER_MARK } from "./left-behind.ts";
import { type Done, type FromRunner, LOOK_MS } from "./messages.ts";
import { oomKills } from "./oom.ts";
import { type ProcessEnd, type RunnerCommand, RunnerProcess } from "./runner-process.ts";

const SILENT_MS = 2 * LOOK_MS;
/** Last words of Node when its memory ends; what follows are addresses. */
const HEAP_FULL = "JavaScript heap out of memory";
/** How long what is left of a call's output is read. */
const DRAIN_MS = 250;
/** How long a process without work gets to end by itself. */
const CLOSE_MS = 1000;

export interface RunnerOwner {
  /** Its process stands. */
  ready(runner: Runner): void;
  /** It can take calls, or more of them. */
  free(runner: Runner): void;
  /** These were not begun. */
  back(runner: Runner, calls: Call[]): void;
  /** How long a call took. */
  took(runner: Runner, ms: number): void;
  gone(runner: Runner, end: ProcessEnd, wasReady: boolean): void;
  /** `tick` is to be called. */
  wantsTicks(runner: Runner): void;
}

export class Runner {
  readonly #owner: RunnerOwner;
  readonly #process: RunnerProcess;
  readonly #mark: string;
  readonly #sent: Call[] = [];
  readonly #oomAtStart = oomKills();
  /** `performance.now()` since which it has had nothing to do. */
  idleSince = performance.now();
  /** What it said when it began. */
  lastWords = "";
  #isReady = false;
  #isClosing = false;
  #pid = 0;
  #answeredAt = 0;
  #heldAt = 0;
  #isCertain = false;
  #isKilled = false;
  #isHeapFull = false;
  /** The answer of the first call, while what it left is read and ended. */
  #finishing: Done | undefined;
  #hasRead = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(command: RunnerCommand, owner: RunnerOwner) {
    this.#owner = owner;
    this.#mark = command.env[RUNNER_MARK] ?? "";
    this.#process = new RunnerProcess(command, {
      message: (message) => this.#receive(message),
      output: (stream, bytes) => this.#output(stream, bytes),
      ended: (end) => this.#ended(end),
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Calls that are with it. */
  get size(): number {
    return this.#sent.length;
  }

  /** It takes calls now. */
  get isOpen(): boolean {
    return this.#isReady && !this.#isClosing && this.#heldAt === 0 && !this.#process.hasEnded && !this.#isStopping();
  }

  get isIdle(): boolean {
    return this.#isReady && !this.#isClosing && this.#sent.length === 0;
  }

  /** What it runs has not taken longer than since then: another call may have its turn soon. */
  isQuickSince(time: number): boolean {
    return this.#isReady && !this.#isClosing && this.#heldAt === 0 && this.#answeredAt > time && !this.#isStopping();
  }

  give(call: Call): void {
    if (this.#sent.length === 0) {
      this.#answeredAt = performance.now();
      this.#process.setActive(true);
    }
    this.#sent.push(call);
    this.#setReading();
    this.#process.send({ t: "call", n: call.n, ...call.request });
    if (this.#sent.length > 1) this.#owner.wantsTicks(this);
  }

  /** Looks at what time has changed; answers whether it wants to be asked again. */
  tick(now: number): boolean {
    const isSilent = now - this.#answeredAt >= SILENT_MS;
    if (this.#heldAt === 0) {
      if (this.#sent.length > 1 && (isSilent || this.#isStopping())) this.#hold(now);
    } else if (!this.#isCertain && isSilent && now - this.#heldAt >= LOOK_MS) {
      this.#isCertain = true;
      this.#giveBack(1);
      this.#setReading();
      this.#advanceStop();
    }
    return this.#sent.length > 1 || (this.#heldAt !== 0 && !this.#isCertain && this.#sent.length > 0);
  }

  /** The call shall end: it is told to, and its process is killed when it has not by the time that is in it. */
  stop(call: Call): void {
    if (!this.#sent.includes(call)) return;
    this.#advanceStop();
    if (call.isTold) return;
    if (this.#heldAt === 0) this.#hold(performance.now());
    this.#owner.wantsTicks(this);
  }

  /** Lets it end; what it still runs is killed. */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#process.setActive(true);
    if (this.#isReady && this.#sent.length === 0) {
      this.#process.close();
      this.#timer = setTimeout(() => this.#process.kill(), CLOSE_MS);
    } else this.#kill();
  }

  #isStopping(): boolean {
    return this.#sent.some(({ killAt }) => killAt !== undefined);
  }

  #hold(now: number): void {
    this.#heldAt = now;
    this.#process.send({ t: "hold" });
  }

  #receive(message: FromRunner): void {
    switch (message.t) {
      case "ready":
        this.#isReady = true;
        this.#pid = message.pid;
        this.#owner.ready(this);
        if (this.isIdle) this.#process.setActive(false);
        return;
      case "done":
        return this.#done(message);
      case "held":
        this.#heldAt = 0;
        this.#isCertain = false;
        this.#giveBack(0);
        this.#setReading();
        return this.#rest();
      case "bye":
        // One that has answered and is not finished stays.
        this.#giveBack(this.#finishing === undefined ? 0 : 1);
        return this.close();
      default:
    }
    const call = this.#sent[0];
    // A thread of the plugin may go on after its call.
    if (call === undefined) return;
    switch (message.t) {
      case "log":
        return call.sink.log(message.text);
      case "progress":
        return call.sink.progress(message.value, message.message);
      case "ask": {
        const { t: _t, id, ...question } = message;
        const answer = (said: { value?: unknown; error?: string }): void =>
          this.#process.send({ t: "answer", id, ...said } as never);
        call.sink.ask(question).then(
          (value) => answer({ value }),
          (error: unknown) => answer({ error: error instanceof Error ? error.message : String(error) }),
        );
      }
    }
  }

  #done(done: Done): void {
    const call = this.#sent[0];
    // Who answers for another call, or twice, waits for what never comes, and so would the calls behind.
    if (call?.n !== done.n || this.#finishing !== undefined)
      return this.#process.refuse("it answered a call that was not its own");
    this.#answeredAt = performance.now();
    if (done.dirty === undefined && done.left === undefined) return this.#finish(call, done);
    this.#finishing = done;
    void this.#drain(call, done);
  }

  /** Ends what it left behind and reads what it has written, before the next one may begin. */
  async #drain(call: Call, done: Done): Promise<void> {
    this.#process.setReading(true);
    if (done.left !== undefined) {
      const { ended, isClean } = await endLeftBehind(this.#process.pid!, this.#pid, this.#mark);
      if (!isClean) done.retire = 1;
      if (ended.length > 0) call.sink.log(leftText(ended));
    }
    const until = performance.now() + DRAIN_MS;
    do {
      this.#hasRead = false;
      // What was written before is reported by the next look for events, and read in it.
      await turn();
    } while (this.#hasRead && performance.now() < until);
    if (this.#finishing !== done) return;
    this.#finishing = undefined;
    this.#answeredAt = performance.now();
    if (done.retire === undefined) this.#process.send({ t: "go" });
    this.#finish(call, done);
  }

  #finish(call: Call, done: Done): void {
    this.#sent.shift();
    this.#setReading();
    this.#owner.took(this, done.ms);
    call.settle({ type: "done", done });
    // It was killed while its answer was on the way: whoever came now would end with it.
    if (done.retire !== undefined || this.#isKilled) {
      this.#giveBack(0);
      return this.close();
    }
    this.#advanceStop();
    this.#rest();
  }

  #rest(): void {
    if (this.#sent.length === 0 && !this.#isClosing) {
      this.idleSince = performance.now();
      this.#process.setActive(false);
    }
    this.#owner.free(this);
  }

  /** Tells the one that runs to stop, if it shall and it is known to be the one. */
  #advanceStop(): void {
    const call = this.#sent[0];
    if (call?.killAt === undefined || call.isTold || (this.#sent.length > 1 && !this.#isCertain)) return;
    call.isTold = true;
    const wait = call.killAt - performance.now();
    if (wait <= 0) return this.#kill();
    this.#process.send({ t: "stop", n: call.n, reason: call.stopReason });
    // What is sent is written by then.
    queueMicrotask(() => this.#process.terminate());
    this.#timer = setTimeout(() => this.#sent[0] === call && this.#kill(), wait);
  }

  #kill(): void {
    this.#isKilled = true;
    this.#process.kill();
  }

  #giveBack(from: number): void {
    const calls = this.#sent.splice(from);
    if (calls.length > 0) this.#owner.back(this, calls);
  }

  #setReading(): void {
    this.#process.setReading(this.#sent.length <= 1 || this.#isCertain || this.#finishing !== undefined);
  }

  #output(stream: "stdout" | "stderr", bytes: Buffer): void {
    this.#hasRead = true;
    if (stream === "stderr" && bytes.includes(HEAP_FULL)) this.#isHeapFull = true;
    if (!this.#isReady) this.lastWords = (this.lastWords + bytes.toString()).slice(-2000);
    // Without a call it is what a thread or a timer says that nobody waits for.
    this.#sent[0]?.sink.output(stream, bytes);
  }

  #ended(end: ProcessEnd): void {
    clearTimeout(this.#timer);
    this.#isClosing = true;
    const finishing = this.#finishing;
    this.#finishing = undefined;
    const call = this.#sent.shift();
    this.#giveBack(0);
    // It had answered: the end of its process is not its own.
    if (finishing !== undefined) call?.settle({ type: "done", done: finishing });
    else {
      const killed = { isKilled: this.#isKilled, isHeapFull: this.#isHeapFull };
      call?.settle({ type: "ended", end, ...killed, oomKills: oomKills() - this.#oomAtStart });
    }
    this.#owner.gone(this, end, this.#isReady);
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

function leftText(left: readonly string[]): string {
  const shown = left.slice(0, 5).join(", ") + (left.length > 5 ? ` and ${left.length - 5} more` : "");
  const what =
    left.length === 1 ? "a process that it had started was" : `${left.length} processes that it had started were`;
  return `${what} still running, and ended with it: ${shown}`;
}
