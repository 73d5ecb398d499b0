/**
 * One spawner process as the worker sees it: started, greeted, and gone exactly once. `client.ts` decides when there is
 * one and what its end means.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { OctopusError } from "../../base/errors.ts";
import { FRAME, frame, FrameReader, type Hello, type SpawnerKind } from "./frames.ts";
import { GUARD_VARIABLE, KIND_VARIABLE } from "./guard.ts";

/** What is kept of the spawner's own error output, to explain its end. */
const LAST_WORDS_MAX = 2000;

export interface SpawnerEvents {
  frame(type: number, id: number, payload: Buffer): void;
  /** Called once; `why` is a clause such as `it was ended by SIGKILL`. */
  gone(why: string): void;
}

export class SpawnerProcess {
  readonly startedAt = performance.now();
  readonly #child: ChildProcess;
  readonly #socket: Socket;
  #outgoing: Buffer[] = [];
  #lastWords = "";

  constructor(kind: SpawnerKind | undefined, hello: Hello, events: SpawnerEvents) {
    if (process.env[GUARD_VARIABLE] !== undefined) {
      throw new OctopusError(
        "internal",
        `a spawner tried to start a spawner: ${process.execPath} does not run the file it is given. ` +
          "Start Octopus with Node itself, not from a packed executable.",
      );
    }
    const env: NodeJS.ProcessEnv = { ...process.env, [GUARD_VARIABLE]: String(process.pid) };
    // Flags for the worker (a debugger, a loader) are not for this process.
    delete env["NODE_OPTIONS"];
    if (kind === undefined) delete env[KIND_VARIABLE];
    else env[KIND_VARIABLE] = kind;
    const file = fileURLToPath(new URL(`./main${extname(import.meta.url)}`, import.meta.url));
    // A session of its own: a Ctrl-C in the terminal reaches the worker, which ends its commands in order.
    this.#child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", file], {
      env,
      stdio: ["ignore", "ignore", "pipe", "pipe"],
      detached: process.platform !== "win32",
      windowsHide: true,
    });
    this.#socket = this.#child.stdio[3] as Socket;
    this.#listen(events);
    this.setActive(false);
    this.send(frame(FRAME.hello, 0, JSON.stringify(hello)));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Sends with everything else that is sent in this tick. */
  send(bytes: Buffer): void {
    if (this.#outgoing.push(bytes) > 1) return;
    queueMicrotask(() => {
      const all = this.#outgoing;
      this.#outgoing = [];
      if (this.#socket.writable) this.#socket.write(all.length === 1 ? all[0]! : Buffer.concat(all));
    });
  }

  /** Whether it keeps the worker's process alive. */
  setActive(active: boolean): void {
    const act = active ? "ref" : "unref";
    this.#child[act]();
    this.#socket[act]();
    (this.#child.stderr as Socket)[act]();
  }

  /** Lets it end: it kills what it still runs, then exits. */
  end(): void {
    this.setActive(true);
    this.#socket.end();
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #listen(events: SpawnerEvents): void {
    let gone = false;
    const end = (why: string): void => {
      if (gone) return;
      gone = true;
      this.#socket.destroy();
      const said = this.#lastWords.trim();
      events.gone(said === "" ? why : `${why}; it said: ${said}`);
    };
    const reader = new FrameReader((type, id, payload) => events.frame(type, id, payload));
    this.#socket.on("data", (chunk: Buffer) => reader.push(chunk));
    this.#socket.on("error", () => undefined);
    this.#child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS_MAX);
    });
    this.#child.on("error", (error) => end(`it could not be started: ${error.message}`));
    // `close` comes after the last frame and the last words; commands never hold these pipes.
    this.#child.on("close", (code, signal) => {
      end(signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`);
    });
  }
}
