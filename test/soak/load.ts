/**
 * What goes on while things break: short commands, some slower or failing once, some that leave a file, and runs of
 * workflows, handed in at whichever server answers.
 *
 * SL1  The load is bounded: nothing more is handed in while `OPEN_MAX` tasks have not ended.
 * SL2  What was not acknowledged is handed in again under the same ids until it is: so each id has one result in the end.
 */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { RunAccepted } from "../../src/protocol/workflow.ts";
import type { TaskSubmission } from "../../src/protocol/task.ts";
import type { StatusView } from "../../src/protocol/views.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

const PAUSE_MS = 250;
const AGAIN_MS = 100;
const BATCH = 4;
const OPEN_MAX = 150;
/** Every so many batches a run is handed in. */
const RUN_EVERY = 6;

const WORKFLOW = `
tasks:
  first: {shell: "true"}
  left: {shell: "echo left", needs: [first]}
  right: {shell: "sleep 0.1", needs: [first]}
  last: {shell: "true", needs: [left, right]}
`;

const LIVING = ["blocked", "scheduled", "queued", "running"] as const;

export class Load {
  readonly #world: World;
  readonly #random: Random;
  /** Each task writes its id there when it is carried out. */
  readonly effects: string;
  /** Acknowledged. */
  readonly tasks: string[] = [];
  readonly runs: string[] = [];
  /** Of `tasks`, those that leave a file. */
  readonly withFile: string[] = [];
  #isOver = true;
  #turn = 0;
  #count = 0;
  #done: Promise<void> = Promise.resolve();
  /** Requests that were not answered, or answered with a word to ask again. */
  repeated = 0;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
    this.effects = join(world.place.dir, "effects");
  }

  start(): void {
    this.#isOver = false;
    this.#done = this.#produce();
    // Whoever stops it is told.
    this.#done.catch(() => {});
  }

  /** Resolves when what was begun is acknowledged. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#done;
  }

  async #produce(): Promise<void> {
    for (let batch = 0; !this.#isOver; batch++) {
      const tasks = Array.from({ length: BATCH }, () => this.#task());
      await this.#submit("/tasks", tasks);
      this.tasks.push(...tasks.map(({ id }) => id));
      if (batch % RUN_EVERY === 0) {
        const { id } = await this.#submit<RunAccepted>("/runs", { definition: WORKFLOW });
        this.runs.push(id);
      }
      await delay(PAUSE_MS);
      while (!this.#isOver && (await this.#living()) > OPEN_MAX) await delay(PAUSE_MS);
    }
  }

  #task(): TaskSubmission & { id: string } {
    const id = `s${this.#count++}`;
    const done = `echo $OCTOPUS_TASK_ID >> ${this.effects}`;
    const kind = this.#random.below(10);
    if (kind === 0) return { id, retries: 5, shell: `sleep 0.${1 + this.#random.below(9)}; ${done}` };
    if (kind === 1) return { id, retries: 5, shell: `[ $OCTOPUS_ATTEMPT -gt 1 ] && ${done}` };
    if (kind === 2) {
      this.withFile.push(id);
      return { id, retries: 5, shell: `echo ${id} > $OCTOPUS_ARTIFACTS/f; ${done}` };
    }
    return { id, retries: 5, shell: `${done}; echo ${id}` };
  }

  async #submit<T>(path: string, body: unknown): Promise<T> {
    const { servers } = this.#world;
    for (;;) {
      const server = servers[this.#turn++ % servers.length]!;
      try {
        const answer = await this.#world.ask<T>(server, "POST", path, body);
        if (answer.status < 300) return answer.body;
        if (answer.status < 502)
          throw new Error(`${path} at ${server.name}: ${answer.status} ${JSON.stringify(answer.body)}`);
      } catch (error) {
        if (!isSilence(error)) throw error;
      }
      this.repeated++;
      await delay(AGAIN_MS);
    }
  }

  /** Tasks that have not ended, as the first server says that answers; 0 where none does. */
  async #living(): Promise<number> {
    for (const server of this.#world.servers) {
      const answer = await this.#world.ask<StatusView>(server, "GET", "/status").catch(() => undefined);
      if (answer?.status !== 200) continue;
      return LIVING.reduce((sum, state) => sum + (answer.body.counts[state] ?? 0), 0);
    }
    return 0;
  }
}

/** The server is gone, was cut off while it answered, or said nothing in time. */
export function isSilence(error: unknown): boolean {
  return error instanceof TypeError || error instanceof SyntaxError || (error as Error).name === "TimeoutError";
}
