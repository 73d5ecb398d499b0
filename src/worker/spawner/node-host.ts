/**
 * Starts commands with node:child_process, where posix_spawn cannot be called. Each start forks this process, which
 * costs more the larger it is; CPU time and memory of a command are not known.
 *
 * N1  Every command leads its own process group (on Windows there are none: the tree is killed by `taskkill`).
 * N2  Nothing is read from a command while the worker does not read from us.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { Socket } from "node:net";
import { blame } from "./blame.ts";
import { encodeEnd, FRAME, frame, FrameReader, pidPayload, readStart, type Hello, type StartCommand } from "./frames.ts";
import { signalGroup } from "./group.ts";
import { Supervisor } from "./supervisor.ts";

const WINDOWS = process.platform === "win32";

export function runNodeHost(controlFd: number): void {
  const control = new Socket({ fd: controlFd, readable: true, writable: true });
  const children = new Map<number, ChildProcess>();
  let hello: Hello = { env: {}, graceMs: 0 };
  let paused = false;
  let timer: NodeJS.Timeout | undefined;
  let gone = false;

  const send = (type: number, id: number, payload?: Uint8Array | string): void => {
    if (!gone) paused = !control.write(frame(type, id, payload));
    if (paused) for (const child of children.values()) setFlowing(child, false);
  };
  const supervisor = new Supervisor({
    signalGroup,
    closeOutput(id) {
      children.get(id)?.stdout?.destroy();
      children.get(id)?.stderr?.destroy();
    },
    outputPaused: () => paused,
    ended(id, end) {
      children.delete(id);
      send(FRAME.ended, id, encodeEnd(end));
      if (gone && supervisor.size === 0) process.exit(0);
    },
  });
  const tick = (): void => {
    clearTimeout(timer);
    const wait = supervisor.tick(performance.now());
    if (wait >= 0) timer = setTimeout(tick, wait);
  };

  const start = (id: number, command: StartCommand, stdin: Buffer | undefined): void => {
    const refuse = (error: unknown): void => {
      const code = (error as NodeJS.ErrnoException).code ?? "EINVAL";
      send(FRAME.refused, id, JSON.stringify({ code, about: blame(code, command.cwd) }));
    };
    let child: ChildProcess;
    try {
      child = launch(command, hello.env, stdin !== undefined);
    } catch (error) {
      return refuse(error);
    }
    if (child.pid === undefined) {
      child.once("error", refuse);
      return;
    }
    child.on("error", () => undefined);
    children.set(id, child);
    supervisor.started(id, child.pid, 2);
    send(FRAME.started, id, pidPayload(child.pid));
    for (const [type, stream] of [[FRAME.stdout, child.stdout!], [FRAME.stderr, child.stderr!]] as const) {
      stream.on("data", (chunk: Buffer) => send(type, id, chunk));
      stream.on("error", () => undefined);
      stream.on("close", () => supervisor.streamClosed(id, performance.now()));
    }
    if (paused) setFlowing(child, false);
    child.on("exit", (code, signal) => {
      const number = signal === null ? 0 : constants.signals[signal];
      supervisor.exited(id, { code: code ?? -1, signal: number, cpuMs: -1, maxRssBytes: -1 }, performance.now());
      tick();
    });
    if (stdin !== undefined) {
      // A command may end without reading its input.
      child.stdin!.on("error", () => undefined);
      child.stdin!.end(stdin);
    }
  };

  const reader = new FrameReader((type, id, payload) => {
    if (type === FRAME.hello) hello = JSON.parse(payload.toString()) as Hello;
    if (type === FRAME.hello) send(FRAME.ready, 0, JSON.stringify({ kind: "spawn", pid: process.pid }));
    if (type === FRAME.start) {
      const { command, stdin } = readStart(payload);
      start(id, command, stdin);
    }
    if (type === FRAME.stop) {
      supervisor.stop(id, payload.readUInt32LE(0), performance.now());
      tick();
    }
  });
  control.on("data", (chunk: Buffer) => reader.push(chunk));
  control.on("drain", () => {
    paused = false;
    for (const child of children.values()) setFlowing(child, true);
  });
  control.on("error", () => undefined);
  control.on("close", () => {
    gone = true;
    paused = false;
    for (const child of children.values()) setFlowing(child, true);
    supervisor.stopAll(hello.graceMs, performance.now());
    if (supervisor.size === 0) process.exit(0);
    tick();
  });
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
