/**
 * Starts one command with posix_spawn: its own session and process group, its signals as a fresh program expects them,
 * its output on two pipes, no other descriptor of ours.
 */
import { CEnvironment, cString, cStrings } from "./c-strings.ts";
import {
  errnoName,
  type Libc,
  MFD_CLOEXEC,
  O_CLOEXEC,
  O_RDWR,
  SPAWN_SETSID,
  SPAWN_SETSIGDEF,
  SPAWN_SETSIGMASK,
} from "./libc.ts";
import type { StartCommand, StartRefusal } from "./frames.ts";
import { blame } from "./blame.ts";

/** More than the opaque structures of any C library take (glibc: 336 and 80). */
const OPAQUE_BYTES = 1024;
/** Every signal from 1 to 64 but KILL and STOP, which are as they are. */
const RESET_SIGNALS = 0xffff_ffff_ffff_ffffn & ~(1n << 8n) & ~(1n << 18n);

/** A command that runs, and our ends of its output. */
export interface Launched {
  pid: number;
  stdout: number;
  stderr: number;
}

export class PosixLauncher {
  readonly #libc: Libc;
  readonly #env: CEnvironment;
  readonly #attributes = Buffer.alloc(OPAQUE_BYTES);
  readonly #actions = Buffer.alloc(OPAQUE_BYTES);
  readonly #pair = Buffer.alloc(8);
  readonly #pid = Buffer.alloc(4);
  readonly #devNull: number;
  readonly #memfdName = cString("octopus-stdin");

  constructor(libc: Libc, env: Record<string, string>) {
    this.#libc = libc;
    this.#env = new CEnvironment(env, (buffer) => libc.address(buffer));
    this.#devNull = libc.open(cString("/dev/null"), O_RDWR | O_CLOEXEC, 0);
    const signals = Buffer.alloc(128);
    libc.posix_spawnattr_init(this.#attributes);
    libc.posix_spawnattr_setsigmask(this.#attributes, signals);
    signals.writeBigUInt64LE(RESET_SIGNALS, 0);
    libc.posix_spawnattr_setsigdefault(this.#attributes, signals);
    libc.posix_spawnattr_setflags(this.#attributes, SPAWN_SETSIGDEF | SPAWN_SETSIGMASK | SPAWN_SETSID);
  }

  launch(command: StartCommand, stdin: Buffer | undefined): Launched | StartRefusal {
    const opened: number[] = [];
    try {
      return this.#launch(command, stdin, opened);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return error.refusal;
    } finally {
      for (const fd of opened) this.#libc.close(fd);
    }
  }

  /** What it puts in `opened` is closed by the caller, however it ends. */
  #launch(command: StartCommand, stdin: Buffer | undefined, opened: number[]): Launched {
    const libc = this.#libc;
    const input = stdin === undefined ? this.#devNull : this.#inputFile(stdin, opened);
    const [stdout, stdoutOfChild] = this.#pipe(opened);
    const [stderr, stderrOfChild] = this.#pipe(opened);
    const actions = this.#actions;
    const argv = cStrings(command.argv, (buffer) => libc.address(buffer));
    const envp = this.#env.with(command.env);
    const cwd = command.cwd === undefined ? undefined : cString(command.cwd);
    libc.posix_spawn_file_actions_init(actions);
    libc.posix_spawn_file_actions_adddup2(actions, input, 0);
    libc.posix_spawn_file_actions_adddup2(actions, stdoutOfChild, 1);
    libc.posix_spawn_file_actions_adddup2(actions, stderrOfChild, 2);
    if (cwd !== undefined) libc.posix_spawn_file_actions_addchdir_np(actions, cwd);
    const program = argv.readBigUInt64LE(0);
    const errno = libc.posix_spawnp(this.#pid, program, actions, this.#attributes, argv, envp);
    libc.posix_spawn_file_actions_destroy(actions);
    if (errno !== 0) {
      const code = errnoName(errno);
      throw new Refused({ code, about: blame(code, command.cwd) });
    }
    opened.splice(opened.indexOf(stdout), 1);
    opened.splice(opened.indexOf(stderr), 1);
    return { pid: this.#pid.readInt32LE(0), stdout, stderr };
  }

  #pipe(opened: number[]): [ours: number, theirs: number] {
    if (this.#libc.pipe2(this.#pair, O_CLOEXEC) !== 0) this.#fail();
    const ours = this.#pair.readInt32LE(0);
    const theirs = this.#pair.readInt32LE(4);
    opened.push(ours, theirs);
    return [ours, theirs];
  }

  /** Standard input as a file in memory: all there at once, so that nothing has to be fed while the command runs. */
  #inputFile(stdin: Buffer, opened: number[]): number {
    const fd = this.#libc.memfd_create(this.#memfdName, MFD_CLOEXEC);
    if (fd < 0) this.#fail();
    opened.push(fd);
    let at = 0;
    while (at < stdin.length) {
      const rest = stdin.subarray(at);
      // `pwrite` leaves the position at the start, where the command begins to read.
      const written = Number(this.#libc.pwrite(fd, rest, BigInt(rest.length), BigInt(at)));
      if (written <= 0) this.#fail();
      at += written;
    }
    return fd;
  }

  #fail(): never {
    throw new Refused({ code: errnoName(this.#libc.errno()), about: "system" });
  }
}

class Refused extends Error {
  readonly refusal: StartRefusal;

  constructor(refusal: StartRefusal) {
    super(refusal.code);
    this.refusal = refusal;
  }
}
