/**
 * The terminal that the dashboard has: the other screen of it, raw keys, the mouse. What was changed is put back on every
 * way out, in one write that needs no event loop.
 *
 * X1  `leave` may be called at any time, also twice, also from an exit handler.
 * X2  Signals that end a process end this one as they would have, after the terminal was put back.
 */
import { writeSync } from "node:fs";
import type { ReadStream, WriteStream } from "node:tty";
import { createKeys, type Input } from "./keys.ts";

export interface TerminalEvents {
  onInput(input: Input): void;
  onSize(): void;
  /** The terminal is ours again, and holds nothing of ours. */
  onBack(): void;
  /** The terminal is gone. */
  onGone(): void;
}

/** A lone escape is a key after this time; a sequence over a slow line comes together within it. */
const ESCAPE_MS = 60;
// The other screen; no cursor; no wrapping of what some terminals think is wider than it is; pastes told from keys.
const ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[?2004h\u001b[H\u001b[2J";
const LEAVE = "\u001b[0m\u001b[?2026l\u001b[?2004l\u001b[?7h\u001b[?25h\u001b[?1049l";
const MOUSE_ON = "\u001b[?1000h\u001b[?1006h";
const MOUSE_OFF = "\u001b[?1006l\u001b[?1000l";
const ASK_BACKGROUND = "\u001b]11;?\u001b\\";
const ENDING = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

export class Terminal {
  readonly #in = process.stdin as ReadStream;
  readonly #out = process.stdout as WriteStream;
  readonly #keys = createKeys();
  readonly #asksBackground: boolean;
  #hasMouse: boolean;
  #events: TerminalEvents | undefined;
  #isOurs = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: { hasMouse: boolean; asksBackground: boolean }) {
    this.#hasMouse = options.hasMouse;
    this.#asksBackground = options.asksBackground;
  }

  get size(): { columns: number; rows: number } {
    // A terminal that does not know its size says 0.
    return { columns: this.#out.columns || 80, rows: this.#out.rows || 24 };
  }

  enter(events: TerminalEvents): void {
    this.#events = events;
    this.#in.setEncoding("utf8");
    this.#in.on("data", this.#onData).on("end", this.#onGone).on("error", this.#onGone);
    this.#out.on("resize", this.#onSize).on("error", this.#onGone);
    process.on("exit", this.leave).on("uncaughtExceptionMonitor", this.leave);
    process.on("SIGTSTP", this.#onStop).on("SIGCONT", this.#onContinue);
    for (const signal of ENDING) process.on(signal, this.#onEnding);
    this.#take();
  }

  readonly leave = (): void => {
    this.#giveBack();
    if (this.#events === undefined) return;
    this.#events = undefined;
    clearTimeout(this.#timer);
    this.#in.off("data", this.#onData).off("end", this.#onGone).pause();
    this.#out.off("resize", this.#onSize);
    process.off("exit", this.leave).off("uncaughtExceptionMonitor", this.leave);
    process.off("SIGTSTP", this.#onStop).off("SIGCONT", this.#onContinue);
    for (const signal of ENDING) process.off(signal, this.#onEnding);
  };

  write(text: string): void {
    this.#out.write(text);
  }

  setMouse(isOn: boolean): void {
    this.#hasMouse = isOn;
    this.write(isOn ? MOUSE_ON : MOUSE_OFF);
  }

  /** Stops the whole job, as Ctrl-Z does where nobody reads keys. */
  suspend(): void {
    process.kill(0, "SIGTSTP");
  }

  /** Makes the terminal ours. */
  #take(): void {
    this.#isOurs = true;
    this.#in.setRawMode(true);
    this.#in.resume();
    this.write(ENTER + (this.#hasMouse ? MOUSE_ON : "") + (this.#asksBackground ? ASK_BACKGROUND : ""));
  }

  /** Makes it what it was. */
  #giveBack(): void {
    if (!this.#isOurs) return;
    this.#isOurs = false;
    writeNow(MOUSE_OFF + LEAVE);
    try {
      this.#in.setRawMode(false);
    } catch {
      // A terminal that is gone has no mode.
    }
  }

  readonly #onData = (text: string): void => {
    clearTimeout(this.#timer);
    this.#tell(this.#keys.feed(text));
    if (this.#keys.isWaiting) this.#timer = setTimeout(() => this.#tell(this.#keys.flush()), ESCAPE_MS);
  };
  // Stays a listener after the end: a late error of a terminal that is gone must not become a crash.
  readonly #onGone = (): void => this.#events?.onGone();
  readonly #onSize = (): void => this.#events?.onSize();
  readonly #onEnding = (signal: NodeJS.Signals): void => {
    this.leave();
    process.kill(process.pid, signal);
  };
  readonly #onStop = (): void => {
    this.#giveBack();
    process.kill(process.pid, "SIGSTOP");
  };
  readonly #onContinue = (): void => {
    this.#take();
    this.#events?.onBack();
  };

  #tell(inputs: readonly Input[]): void {
    for (const input of inputs) this.#events?.onInput(input);
  }
}

/** Past all buffers: an exit handler has no later. */
function writeNow(text: string): void {
  for (let tries = 0; tries < 50; tries++) {
    try {
      writeSync(1, text);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}
