/**
 * Makes what fired ticks stand for: reads the target, makes the task or run of it, and hands it to core.
 *
 * TK1  Every tick that core holds as fired is made, once the event was appended, after a restart, and after the journal
 *      failed; core takes the first answer for each and ignores the rest (SC2).
 * TK2  What cannot be made is said so: the tick is settled with the reason.
 */
import { OctopusError } from "../base/errors.ts";
import type { Command } from "../core/command.ts";
import type { Event } from "../core/event.ts";
import type { State } from "../core/state.ts";
import type { Clock, Library, Log, Outside } from "./ports.ts";
import { inPart, ofOneTask } from "./refusals.ts";
import { compileFor, type KeptSchedule, type Making, newRun, newTask, parseKept } from "./schedule-target.ts";
import type { Preparation } from "./submission.ts";
import type { Turns } from "./turns.ts";

export interface TicksOptions {
  clock: Clock;
  library: Library;
  outside: Outside;
  log: Log;
  preparation: Preparation;
}

type FireTick = Extract<Command, { type: "FireTick" }>;

interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

export class Ticks {
  readonly #options: TicksOptions;
  readonly #turns: Turns;
  /** Targets by schedule, as long as they are what was set last. */
  readonly #kept = new Map<string, KeptSchedule>();
  readonly #waiters = new Map<string, Waiter[]>();

  constructor(options: TicksOptions, turns: Turns) {
    this.#options = options;
    this.#turns = turns;
  }

  /** An event is durable. Who only follows (`leads` is false) makes nothing of it. */
  follow(event: Event, leads: boolean): void {
    switch (event.type) {
      case "ScheduleTicked":
        if (event.action === "fired" && leads) this.#make(event.schedule, event.tick);
        return;
      case "ScheduleFired":
        return this.#settled(`${event.schedule}\n${event.tick}`);
      case "ScheduleSet":
        this.#kept.delete(event.schedule);
        return;
      case "ScheduleRemoved":
        this.#kept.delete(event.schedule);
        return this.#removed(event.schedule);
      default:
    }
  }

  /** Takes up what was fired and not made before a stop, or before the journal failed. */
  resume(): void {
    this.#kept.clear();
    for (const schedule of this.#turns.state.schedules.byName.values()) {
      for (const tick of schedule.firing.keys()) this.#make(schedule.name, tick);
    }
  }

  /** Nothing of what waited is known any more, nor what was set. */
  reset(error: unknown): void {
    this.#kept.clear();
    const waiters = [...this.#waiters.values()].flat();
    this.#waiters.clear();
    // What they wait for is durable as far as it was done.
    for (const { reject } of waiters) reject(inPart(error));
  }

  /** Resolves when the tick is settled. */
  settled(schedule: string, tick: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const key = `${schedule}\n${tick}`;
      const waiters = this.#waiters.get(key);
      if (waiters === undefined) this.#waiters.set(key, [{ resolve, reject }]);
      else waiters.push({ resolve, reject });
    });
  }

  #settled(key: string): void {
    const waiters = this.#waiters.get(key);
    if (waiters === undefined) return;
    this.#waiters.delete(key);
    for (const { resolve } of waiters) resolve();
  }

  #removed(name: string): void {
    for (const [key, waiters] of this.#waiters) {
      if (!key.startsWith(`${name}\n`)) continue;
      this.#waiters.delete(key);
      for (const { reject } of waiters) reject(new OctopusError("not_found", `the schedule ${name} was removed`));
    }
  }

  /** The schedule as it was set last; undefined when there is none of that name. */
  kept(name: string): KeptSchedule | undefined {
    let kept = this.#kept.get(name);
    if (kept !== undefined) return kept;
    const stored = this.#options.library.schedule(name);
    if (stored === undefined) return undefined;
    kept = parseKept(stored.target);
    this.#kept.set(name, kept);
    return kept;
  }

  #make(schedule: string, tick: number): void {
    const push = (made: () => Partial<FireTick>): void =>
      this.#turns.push({ command: (state) => this.#command(state, schedule, tick, made) });
    let target: KeptSchedule["spec"]["target"] | undefined;
    try {
      target = this.kept(schedule)?.spec.target;
    } catch (error) {
      return push(() => this.#failed(schedule, tick, error));
    }
    // It was removed since, and its ticks with it.
    if (target === undefined) return;
    if ("task" in target) {
      const { task } = target;
      return push(() => ({ task: newTask(task, this.#making) }));
    }
    compileFor(this.#options.outside, target.workflow, tick).then(
      (run) => push(() => ({ run: newRun(run, this.#making) })),
      (error: unknown) => push(() => this.#failed(schedule, tick, error)),
    );
  }

  get #making(): Making {
    const { library, preparation, clock } = this.#options;
    return { state: this.#turns.state, library, preparation, now: clock.now() };
  }

  #command(state: State, schedule: string, tick: number, made: () => Partial<FireTick>): FireTick | undefined {
    if (state.schedules.byName.get(schedule)?.firing.has(tick) !== true) return undefined;
    try {
      return { type: "FireTick", schedule, tick, ...made() };
    } catch (error) {
      return { type: "FireTick", schedule, tick, ...this.#failed(schedule, tick, error) };
    }
  }

  #failed(schedule: string, tick: number, error: unknown): { reason: string } {
    const told = error instanceof OctopusError ? ofOneTask(error) : error;
    const reason = told instanceof Error ? told.message : String(told);
    this.#options.log.warn({ schedule, tick: new Date(tick).toISOString(), reason }, "a tick made nothing");
    return { reason };
  }
}
