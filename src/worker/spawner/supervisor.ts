/**
 * When a command counts as ended, and how one is stopped. Both ways of starting commands share it; time is an argument
 * and the operating system a small port, so it is tested without processes.
 *
 * S1  A command ends once: when its leader has exited and its output is closed.
 * S2  Output that other processes hold open after the leader's exit is closed after `HOLD_MS`.
 * S3  A stopped command gets TERM for its whole group, KILL after the grace, and ends only when the group is empty or
 *     `GIVE_UP_MS` have passed since the KILL: a process stuck in the kernel must not hang the attempt.
 */
import type { CommandEnd } from "./frames.ts";
import type { GroupSignal } from "./group.ts";

/** How long output may stay open after the leader's exit. */
export const HOLD_MS = 1000;
/** How long the dead may take to go away. */
export const GIVE_UP_MS = 2000;
/** How often a group is asked whether it is empty: nothing tells when a group's last member exits. */
const GROUP_POLL_MS = 10;

/** What the operating system does for the supervisor. */
export interface SupervisorPort {
  /** Signals the group; 0 only asks. False when the group has no member. */
  signalGroup(pid: number, signal: GroupSignal): boolean;
  /** Closes what is still open of the command's output. */
  closeOutput(id: number): void;
  /** The reader is too slow and output is not being read: open pipes then say nothing about who holds them. */
  outputPaused(): boolean;
  /** Tells the worker, and forgets the command. */
  ended(id: number, end: CommandEnd): void;
}

type LeaderEnd = Omit<CommandEnd, "held">;

interface Command {
  id: number;
  /** Also the number of its process group. */
  pid: number;
  /** Output streams not at their end. */
  open: number;
  leader: LeaderEnd | undefined;
  /** Infinity until it is being stopped. */
  killAt: number;
  killed: boolean;
  holdUntil: number;
}

export class Supervisor {
  readonly #port: SupervisorPort;
  readonly #commands = new Map<number, Command>();
  /** Those for which time matters. */
  readonly #timed = new Set<Command>();

  constructor(port: SupervisorPort) {
    this.#port = port;
  }

  get size(): number {
    return this.#commands.size;
  }

  started(id: number, pid: number, openStreams: number): void {
    const command = { id, pid, open: openStreams, leader: undefined, killAt: Infinity, killed: false, holdUntil: 0 };
    this.#commands.set(id, command);
  }

  streamClosed(id: number, now: number): void {
    const command = this.#commands.get(id);
    if (command === undefined) return;
    command.open--;
    this.#advance(command, now);
  }

  exited(id: number, leader: LeaderEnd, now: number): void {
    const command = this.#commands.get(id);
    if (command === undefined) return;
    command.leader = leader;
    command.holdUntil = now + HOLD_MS;
    this.#advance(command, now);
    if (this.#commands.has(id)) this.#timed.add(command);
  }

  /** Asks the command's group to end; kills it after the grace. A second call can only shorten the grace. */
  stop(id: number, graceMs: number, now: number): void {
    const command = this.#commands.get(id);
    if (command === undefined) return;
    const first = command.killAt === Infinity;
    command.killAt = Math.min(command.killAt, now + graceMs);
    if (first) {
      this.#port.signalGroup(command.pid, "SIGTERM");
      // A suspended group handles its TERM only once it runs again.
      this.#port.signalGroup(command.pid, "SIGCONT");
    }
    this.#timed.add(command);
    this.#advance(command, now);
  }

  stopAll(graceMs: number, now: number): void {
    for (const id of [...this.#commands.keys()]) this.stop(id, graceMs, now);
  }

  /** Does what is due, and answers how long until something is due again; -1 = nothing is. */
  tick(now: number): number {
    if (this.#timed.size === 0) return -1;
    let wait = Infinity;
    for (const command of [...this.#timed]) {
      this.#advance(command, now);
      if (this.#commands.has(command.id)) wait = Math.min(wait, this.#wait(command, now));
    }
    return wait === Infinity ? -1 : Math.ceil(wait);
  }

  #wait(command: Command, now: number): number {
    const stopping = command.killAt !== Infinity;
    if (command.leader === undefined) {
      return Math.max(0, (command.killed ? command.killAt + GIVE_UP_MS : command.killAt) - now);
    }
    if (stopping) return GROUP_POLL_MS;
    return Math.max(GROUP_POLL_MS, command.holdUntil - now);
  }

  #advance(command: Command, now: number): void {
    const { killAt, pid } = command;
    const stopping = killAt !== Infinity;
    let groupGone = !stopping;
    if (stopping) {
      if (now >= killAt && !command.killed) {
        command.killed = true;
        command.killAt = now;
        this.#port.signalGroup(pid, "SIGKILL");
      }
      const givenUp = command.killed && now >= command.killAt + GIVE_UP_MS;
      if (command.leader !== undefined) groupGone = givenUp || !this.#port.signalGroup(pid, 0);
      else if (givenUp) {
        command.leader = { code: -1, signal: 9, cpuMs: -1, maxRssBytes: -1 };
        command.holdUntil = now;
        groupGone = true;
      }
    }
    if (command.leader === undefined || !groupGone) return;
    const held = command.open > 0;
    // While nothing is read, what is held open may be the command's own output, waiting.
    if (held && this.#port.outputPaused()) command.holdUntil = now + HOLD_MS;
    if (held && now < command.holdUntil) return;
    this.#commands.delete(command.id);
    this.#timed.delete(command);
    if (held) this.#port.closeOutput(command.id);
    this.#port.ended(command.id, { ...command.leader, held });
  }
}
