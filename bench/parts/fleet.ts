/**
 * Core alone with many workers: turns without a journal, as the engine makes them. Workers differ by labels; tasks are of
 * classes that fit on some of them.
 */
import type { LabelTerm } from "../../src/core/asks.ts";
import type { Command, NewTask } from "../../src/core/command.ts";
import { decide } from "../../src/core/decide.ts";
import { place } from "../../src/core/fleet/place.ts";
import { createState, forgetEnded, type State } from "../../src/core/state.ts";
import { Turn } from "../../src/core/turn.ts";
import { createPrng } from "../../src/base/prng.ts";
import { createCalendar } from "../../src/schedule/mod.ts";

const LEASE_MS = 30_000;
/** As the engine has it. */
const PLACED_MAX = 2000;

export interface Shape {
  workers: number;
  slots: number;
  tasks: number;
  classes: number;
}

export class CoreFleet {
  readonly state: State = createState();
  /** What runs, in no order. */
  readonly running: { task: number; attempt: number; worker: string }[] = [];
  readonly #shape: Shape;
  readonly #prng = createPrng(5);
  readonly #calendar = createCalendar();
  #turns = 0;

  constructor(shape: Shape) {
    this.#shape = shape;
  }

  /** Workers stand in 20 zones and have one of 10 models; a class asks for one of each 20 and 10, or for a zone alone. */
  join(): void {
    for (let n = 0; n < this.#shape.workers; n++) {
      const labels = {
        os: "linux",
        host: `host-${n}`,
        zone: `zone-${n % 20}`,
        model: `model-${Math.floor(n / 20) % 10}`,
      };
      this.#turn([connect(n, this.#shape.slots, labels)], 0);
    }
  }

  submit(count: number): void {
    const { classes } = this.#shape;
    const definitions = Array.from({ length: classes }, (_, n) => definition(n));
    for (let from = 0; from < count; from += 10_000) {
      const tasks: NewTask[] = [];
      for (let n = from; n < Math.min(count, from + 10_000); n++) tasks.push(definitions[this.#prng.int(classes)]!);
      this.#turn([{ type: "SubmitTasks", tasks }], 0);
    }
  }

  /** Fills the free slots, turn by turn; answers how many were started. */
  fill(): number {
    let all = 0;
    for (let placed = PLACED_MAX; placed === PLACED_MAX; all += placed) placed = this.#turn([], PLACED_MAX);
    return all;
  }

  /** `count` attempts that run, drawn at random, end in one turn; what fits is started. Answers how many were. */
  step(count: number): number {
    const ends: Command[] = [];
    for (let n = 0; n < count && this.running.length > 0; n++) {
      const at = this.#prng.int(this.running.length);
      const { task, attempt, worker } = this.running[at]!;
      const last = this.running.pop()!;
      if (at < this.running.length) this.running[at] = last;
      const session = this.state.workers.get(worker)!.session;
      ends.push({ type: "EndAttempt", worker, session, task, attempt, report: { outcome: "succeeded" } });
    }
    return this.#turn(ends, PLACED_MAX);
  }

  #turn(commands: readonly Command[], limit: number): number {
    // Nobody is heard in here: time passes slowly enough for that.
    const now = 1_000_000 + Math.floor(++this.#turns / 100);
    const turn = new Turn(this.state, now, LEASE_MS, this.#calendar);
    for (const command of commands) decide(turn, command);
    const placed = limit === 0 ? 0 : place(turn, limit);
    for (const event of turn.events) {
      if (event.type === "AttemptStarted")
        this.running.push({ task: event.task, attempt: event.attempt, worker: event.worker });
    }
    forgetEnded(this.state);
    return placed;
  }
}

function connect(n: number, slots: number, labels: Record<string, string>): Command {
  return {
    type: "ConnectWorker",
    worker: `worker-${String(n).padStart(4, "0")}`,
    session: n + 1,
    instance: `i${n}`,
    slots,
    kinds: ["shell", "http", "call"],
    functions: [],
    host: "h",
    pid: 1,
    octopus: "bench",
    labels,
    local: false,
    holds: [],
  };
}

function definition(n: number): NewTask {
  const zone: LabelTerm = { label: "zone", op: "==", values: [`zone-${n % 20}`] };
  const model: LabelTerm = {
    label: "model",
    op: "in",
    values: [n, n + 1, n + 2].map((m) => `model-${Math.floor(m / 20) % 10}`),
  };
  const labels = n % 4 === 0 ? [zone, { ...model, op: "!=" as const, values: [`model-${n % 7}`] }] : [zone, model];
  return { taskType: "f", kind: "shell", arm: "default", priority: 5, work: "{}", asks: { target: { labels } } };
}
