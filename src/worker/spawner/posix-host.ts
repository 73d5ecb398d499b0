/**
 * Starts commands with posix_spawn and serves them from one loop of its own over epoll, which never returns to Node's:
 * this process does nothing else, and a socket object of Node's for each pipe costs more than the command's start.
 *
 * P1  A command's end is told by its pidfd: no SIGCHLD that could be missed, no wait for somebody else's child.
 * P2  The pipes stand in an epoll set of their own, which is left out while the worker does not read from us.
 * P3  Orphans of commands become our children (subreaper), so that a killed group is seen to be empty at once, even
 *     where process 1 does not reap.
 */
import { constants } from "node:os";
import { Epoll } from "./epoll.ts";
import { encodeEnd, FRAME, FrameReader, type Hello, pidPayload, readStart } from "./frames.ts";
import type { GroupSignal } from "./group.ts";
import {
  CLOSE_RANGE_CLOEXEC,
  F_SETFD,
  FD_CLOEXEC,
  type Libc,
  MSG_DONTWAIT,
  PR_SET_CHILD_SUBREAPER,
  SYS_CLOSE_RANGE,
  SYS_PIDFD_OPEN,
  WNOHANG,
} from "./libc.ts";
import { Outbox } from "./outbox.ts";
import { PosixLauncher } from "./posix-launch.ts";
import { decodeStatus, RUSAGE_BYTES, type Usage, UsageReader } from "./rusage.ts";
import { Supervisor } from "./supervisor.ts";

/** What an event is about; stands beside the command's number in epoll's user data. */
const ROLE = { control: 0, pipes: 1, process: 2, stdout: 3, stderr: 4 } as const;
const RECEIVE_BYTES = 64 * 1024;
/** How often, while commands run, ended orphans are looked for, and leaders whose pidfd could not be opened. */
const SWEEP_MS = 1000;

interface Open {
  pid: number;
  pidfd: number;
  /** -1 once closed. */
  stdout: number;
  stderr: number;
}

/** Serves the worker until it goes away; then ends the process. */
export function runPosixHost(libc: Libc, controlFd: number): never {
  return new PosixHost(libc, controlFd).run();
}

class PosixHost {
  readonly #libc: Libc;
  readonly #control: number;
  readonly #set: Epoll;
  readonly #pipes: Epoll;
  readonly #outbox: Outbox;
  readonly #supervisor: Supervisor;
  readonly #reader: FrameReader;
  readonly #open = new Map<number, Open>();
  readonly #ids = new Map<number, number>();
  readonly #usage = new UsageReader();
  readonly #received = Buffer.allocUnsafeSlow(RECEIVE_BYTES);
  readonly #status = Buffer.alloc(4);
  readonly #rusage = Buffer.alloc(RUSAGE_BYTES);
  #launcher: PosixLauncher | undefined;
  #graceMs = 0;
  #paused = false;
  #writing = false;
  #gone = false;
  #sweptAt = 0;
  #now = performance.now();

  constructor(libc: Libc, controlFd: number) {
    this.#libc = libc;
    this.#control = controlFd;
    this.#outbox = new Outbox(libc, controlFd);
    this.#reader = new FrameReader((type, id, payload) => this.#receive(type, id, payload));
    this.#supervisor = new Supervisor({
      signalGroup: (pid, signal) => this.#signalGroup(pid, signal),
      closeOutput: (id) => this.#closeOutput(id),
      outputPaused: () => this.#paused,
      ended: (id, end) => this.#outbox.push(FRAME.ended, id, encodeEnd(end)),
    });
    // It reached us without the flag, and no command may inherit it, nor whatever our worker's parent left open.
    libc.fcntl(controlFd, F_SETFD, FD_CLOEXEC);
    libc.syscall(SYS_CLOSE_RANGE, BigInt(controlFd), 0xffff_ffffn, CLOSE_RANGE_CLOEXEC);
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n);
    this.#set = new Epoll(libc);
    this.#pipes = new Epoll(libc);
    this.#set.add(controlFd, ROLE.control, 0);
    this.#set.add(this.#pipes.fd, ROLE.pipes, 0);
  }

  run(): never {
    const onEvent = (role: number, id: number): void => {
      // Not the time before the wait: graces and holds would be shorter by as long as that took.
      this.#now = performance.now();
      this.#dispatch(role, id);
    };
    for (;;) {
      const due = this.#supervisor.tick(this.#now);
      this.#flush();
      if (this.#gone && this.#supervisor.size === 0) process.exit(0);
      const idle = this.#open.size === 0 ? -1 : SWEEP_MS;
      this.#set.wait(due < 0 ? idle : Math.min(due, SWEEP_MS), onEvent);
      this.#now = performance.now();
      if (this.#now - this.#sweptAt >= SWEEP_MS) this.#sweep();
    }
  }

  #dispatch(role: number, id: number): void {
    switch (role) {
      case ROLE.control:
        return this.#readControl();
      case ROLE.pipes:
        return this.#pipes.wait(0, (pipeRole, pipeId) => this.#dispatch(pipeRole, pipeId));
      case ROLE.process:
        return this.#reap(id);
      case ROLE.stdout:
        return this.#readOutput(id, "stdout");
      default:
        return this.#readOutput(id, "stderr");
    }
  }

  #readControl(): void {
    if (this.#gone) return;
    const bytes = Number(this.#libc.recv(this.#control, this.#received, BigInt(RECEIVE_BYTES), MSG_DONTWAIT));
    if (bytes > 0) return this.#reader.push(Buffer.from(this.#received.subarray(0, bytes)));
    const { EAGAIN, EINTR } = constants.errno;
    const errno = bytes === 0 ? 0 : this.#libc.errno();
    // Only the room in the socket's buffer was news, or a signal came between.
    if (errno === EAGAIN || errno === EINTR) return;
    this.#gone = true;
    this.#outbox.discard();
    this.#set.remove(this.#control);
    this.#setPaused(false);
    this.#supervisor.stopAll(this.#graceMs, this.#now);
  }

  #receive(type: number, id: number, payload: Buffer): void {
    if (type === FRAME.hello) {
      const hello = JSON.parse(payload.toString()) as Hello;
      this.#graceMs = hello.graceMs;
      this.#launcher = new PosixLauncher(this.#libc, hello.env);
      this.#outbox.push(FRAME.ready, 0, Buffer.from(JSON.stringify({ kind: "ffi", pid: process.pid })));
    } else if (type === FRAME.start) this.#start(id, payload);
    else if (type === FRAME.stop) this.#supervisor.stop(id, payload.readUInt32LE(0), this.#now);
  }

  #start(id: number, payload: Buffer): void {
    const { command, stdin } = readStart(payload);
    const launched = this.#launcher!.launch(command, stdin);
    if ("code" in launched) return this.#outbox.push(FRAME.refused, id, Buffer.from(JSON.stringify(launched)));
    const { pid, stdout, stderr } = launched;
    const pidfd = Number(this.#libc.syscall(SYS_PIDFD_OPEN, BigInt(pid), 0n, 0n));
    this.#open.set(id, { pid, pidfd, stdout, stderr });
    this.#ids.set(pid, id);
    this.#supervisor.started(id, pid, 2);
    // Out of descriptors: the sweep finds its end instead.
    if (pidfd >= 0) this.#set.add(pidfd, ROLE.process, id);
    this.#pipes.add(stdout, ROLE.stdout, id);
    this.#pipes.add(stderr, ROLE.stderr, id);
    this.#outbox.push(FRAME.started, id, pidPayload(pid));
  }

  #readOutput(id: number, stream: "stdout" | "stderr"): void {
    const open = this.#open.get(id);
    if (open === undefined || open[stream] < 0) return;
    const bytes = this.#outbox.readFrom(open[stream], FRAME[stream], id);
    if (bytes === undefined) return this.#setPaused(true);
    if (bytes > 0 || (bytes < 0 && this.#libc.errno() === constants.errno.EINTR)) return;
    this.#closeStream(id, open, stream);
    this.#supervisor.streamClosed(id, this.#now);
  }

  #closeStream(id: number, open: Open, stream: "stdout" | "stderr"): void {
    this.#libc.close(open[stream]);
    open[stream] = -1;
    this.#forget(id, open);
  }

  #closeOutput(id: number): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    if (open.stdout >= 0) this.#closeStream(id, open, "stdout");
    if (open.stderr >= 0) this.#closeStream(id, open, "stderr");
  }

  #reap(id: number): void {
    const open = this.#open.get(id);
    if (open === undefined || open.pid === 0) return;
    const pid = this.#libc.wait4(open.pid, this.#status, WNOHANG, this.#rusage);
    if (pid === open.pid) this.#exited(id, open);
  }

  #exited(id: number, open: Open): void {
    const usage: Usage = this.#usage.read(this.#rusage);
    if (open.pidfd >= 0) this.#libc.close(open.pidfd);
    this.#ids.delete(open.pid);
    open.pid = 0;
    this.#forget(id, open);
    this.#supervisor.exited(id, { ...decodeStatus(this.#status.readInt32LE(0)), ...usage }, this.#now);
  }

  #forget(id: number, open: Open): void {
    if (open.pid === 0 && open.stdout < 0 && open.stderr < 0) this.#open.delete(id);
  }

  /** Reaps orphans that ended, and any leader whose pidfd could not be opened. */
  #sweep(): void {
    this.#sweptAt = this.#now;
    for (;;) {
      const pid = this.#libc.wait4(-1, this.#status, WNOHANG, this.#rusage);
      if (pid <= 0) return;
      const id = this.#ids.get(pid);
      if (id !== undefined) this.#exited(id, this.#open.get(id)!);
    }
  }

  #signalGroup(pid: number, signal: GroupSignal): boolean {
    if (signal !== 0) return this.#libc.kill(-pid, constants.signals[signal]) === 0;
    // Asked only after the leader was reaped: what is left to reap in its group are orphans.
    while (this.#libc.wait4(-pid, this.#status, WNOHANG, this.#rusage) > 0);
    return this.#libc.kill(-pid, 0) === 0;
  }

  /** Sends what it can; while something is left, room in the socket is news too. */
  #flush(): void {
    this.#outbox.flush();
    const writing = !this.#outbox.empty;
    if (writing !== this.#writing && !this.#gone) {
      this.#writing = writing;
      this.#set.setWriting(this.#control, writing, ROLE.control);
    }
    if (!writing) this.#setPaused(false);
  }

  #setPaused(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    if (paused) this.#set.remove(this.#pipes.fd);
    else this.#set.add(this.#pipes.fd, ROLE.pipes, 0);
  }
}
