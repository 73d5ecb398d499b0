/**
 * Starts commands with node:child_process, where posix_spawn cannot be called. Each start forks this process, which
 * costs more the larger it is; CPU time and memory of a command are not known.
 *
 * N1  Every command leads its own process group (on Windows there are none: the tree is killed by `taskkill`).
 * N2  Nothing is read from a command while the worker does not read from us.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { Socket } from "node:net";
import { constants } from "node:os";
import { blame } from "./blame.ts";
import {
  encodeEnd,
  FRAME,
  frame,
  FrameReader,
  type Hello,
  pidPayload,
  readStart,
  type StartCommand,
} from "./frames.ts";
import { signalGroup } from "./group.ts";
import { Supervisor } from "./supervisor.ts";

const WINDOWS = process.platform === "win32";

/** Serves the worker until it goes away; then ends the process. */
export function runNodeHost(controlFd: number): void {
  new NodeHost(new Socket({ fd: controlFd, readable: true, writable: true })).run();
}

class NodeHost {
  readonly #control: Socket;
  readonly #children = new Map<number, ChildProcess>();
  readonly #supervisor: Supervisor;
  #hello: Hello = { env: {}, graceMs: 0 };
  #paused = false;
  #gone = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(control: Socket) {
    this.#control = control;
    this.#supervisor = new Supervisor({
      signalGroup,
      closeOutput: (id) => {
        this.#children.get(id)?.stdout?.destroy();
        this.#children.get(id)?.stderr?.destroy();
      },
      outputPaused: () => this.#paused,
      ended: (id, end) => {
        this.#children.delete(id);
        this.#send(FRAME.ended, id, encodeEnd(end));
        this.#exitWhenDone();
      },
    });
  }

  run(): void {
    const reader = new FrameReader((type, id, payload) => this.#receive(type, id, payload));
    this.#control.on("data", (chunk: Buffer) => reader.push(chunk));
    this.#control.on("drain", () => this.#setPaused(false));
    this.#control.on("error", () => undefined);
    this.#control.on("close", () => {
      this.#gone = true;
      this.#setPaused(false);
      this.#supervisor.stopAll(this.#hello.graceMs, performance.now());
      this.#exitWhenDone();
      this.#tick();
    });
  }

  #receive(type: number, id: number, payload: Buffer): void {
    if (type === FRAME.hello) {
      this.#hello = JSON.parse(payload.toString()) as Hello;
      this.#send(FRAME.ready, 0, JSON.stringify({ kind: "spawn", pid: process.pid }));
    } else if (type === FRAME.start) this.#start(id, payload);
    else if (type === FRAME.stop) {
      this.#supervisor.stop(id, payload.readUInt32LE(0), performance.now());
      this.#tick();
    }
  }

  #start(id: number, payload: Buffer): void {
    const { command, stdin } = readStart(payload);
    const refuse = (error: unknown): void => {
      const code = (error as NodeJS.ErrnoException).code ?? "EINVAL";
      this.#send(FRAME.refused, id, JSON.stringify({ code, about: blame(code, command.cwd) }));
    };
    let child: ChildProcess;
    try {
      child = launch(command, this.#hello.env, stdin !== undefined);
    } catch (error) {
      return refuse(error);
    }
    if (child.pid === undefined) {
      child.once("error", refuse);
      return;
    }
    this.#children.set(id, child);
    this.#supervisor.started(id, child.pid, 2);
    this.#send(FRAME.started, id, pidPayload(child.pid));
    this.#follow(id, child);
    if (stdin !== undefined) {
      // A command may end without reading its input.
      child.stdin!.on("error", () => undefined);
      child.stdin!.end(stdin);
    }
  }

  #follow(id: number, child: ChildProcess): void {
    child.on("error", () => undefined);
    for (const [type, stream] of [
      [FRAME.stdout, child.stdout!],
      [FRAME.stderr, child.stderr!],
    ] as const) {
      stream.on("data", (chunk: Buffer) => this.#send(type, id, chunk));
      stream.on("error", () => undefined);
      stream.on("close", () => this.#supervisor.streamClosed(id, performance.now()));
    }
    if (this.#paused) setFlowing(child, false);
    child.on("exit", (code, signal) => {
      const number = signal === null ? 0 : constants.signals[signal];
      const end = { code: code ?? -1, signal: number, cpuMs: -1, maxRssBytes: -1 };
      this.#supervisor.exited(id, end, performance.now());
      this.#tick();
    });
  }

  #send(type: number, id: number, payload: Uint8Array | string): void {
    if (!this.#gone) this.#setPaused(!this.#control.write(frame(type, id, payload)));
  }

  #setPaused(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    for (const child of this.#children.values()) setFlowing(child, !paused);
  }

  #tick(): void {
    clearTimeout(this.#timer);
    const wait = this.#supervisor.tick(performance.now());
    if (wait >= 0) this.#timer = setTimeout(() => this.#tick(), wait);
  }

  #exitWhenDone(): void {
    if (this.#gone && this.#supervisor.size === 0) process.exit(0);
  }
}

function launch(command: StartCommand, env: Record<string, string>, stdin: boolean): ChildProcess {
  const [program, ...args] = command.argv as [string, ...string[]];
  // cmd.exe does not read quotes as other programs do: its last argument must arrive as it was written.
  const verbatim = WINDOWS && /(^|[\\/])cmd(\.exe)?$/i.test(program);
  if (verbatim) args.push(`"${args.pop()}"`);
  return spawn(program, args, {
    ...(command.cwd !== undefined && { cwd: command.cwd }),
    env: { ...env, ...command.env },
    stdio: [stdin ? "pipe" : "ignore", "pipe", "pipe"],
    detached: !WINDOWS,
    windowsHide: true,
    windowsVerbatimArguments: verbatim,
  });
}

function setFlowing(child: ChildProcess, flowing: boolean): void {
  for (const stream of [child.stdout, child.stderr]) {
    if (flowing) stream?.resume();
    else stream?.pause();
  }
}
