/**
 * Gathers submissions that come one by one into bulk requests.
 *
 * Q1  What is submitted in one tick travels together; what comes while a request is under way travels in the next one.
 * Q2  One request is under way at a time, so tasks reach the server in the order in which they were submitted.
 * Q3  Every caller gets its own answer. A refused request is cut in halves until the refused tasks stand alone: the
 *     server takes all of a request or nothing, so nothing is submitted twice.
 */
import { OctopusError } from "../base/errors.ts";
import type { TaskState } from "../base/words.ts";
import type { TaskSubmission } from "../protocol/task.ts";
import type { BulkSubmitted, Submitted } from "../protocol/views.ts";
import { errorOf } from "./problem.ts";
import type { Reply } from "./transport.ts";

/** Bounds of one request. */
const TASKS_MAX = 10_000;
const CHARS_MAX = 4 * 1024 * 1024;

/** The answer to a submission. `state` and `existed` are only known when the task travelled alone. */
export interface Accepted {
  id: string;
  state?: TaskState | undefined;
  existed?: boolean | undefined;
}

export interface SubmitPort {
  /** Posts a body to the tasks and answers with whatever the server said. `isRepeatable`: each of them has an id of its own. */
  post(body: string, isRepeatable: boolean): Promise<Reply>;
  /** Reads a granting answer, or throws what a refusing one means. */
  read(reply: Reply): unknown;
}

interface Waiting {
  text: string;
  /** The server counts it once, however often it comes. */
  hasId: boolean;
  resolve(accepted: Accepted): void;
  reject(error: unknown): void;
}

export class SubmitQueue {
  #waiting: Waiting[] = [];
  #isBusy = false;
  readonly #port: SubmitPort;

  constructor(port: SubmitPort) {
    this.#port = port;
  }

  submit(task: TaskSubmission): Promise<Accepted> {
    return new Promise((resolve, reject) => {
      // Written now, so that a task that cannot be written fails alone and later changes to the object do not count.
      let text: string | undefined;
      try {
        text = JSON.stringify(task);
      } catch (error) {
        return reject(
          new OctopusError("invalid", `the task cannot be written as JSON: ${String(error)}`, { cause: error }),
        );
      }
      if (text === undefined) {
        return reject(new OctopusError("invalid", `a task must be an object, not ${typeof task}`));
      }
      this.#waiting.push({ text, hasId: task.id !== undefined, resolve, reject });
      if (this.#isBusy) return;
      this.#isBusy = true;
      afterTick(() => void this.#drain());
    });
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) await this.#send(this.#take());
    this.#isBusy = false;
  }

  /** The oldest submissions that fit one request. */
  #take(): Waiting[] {
    const limit = Math.min(this.#waiting.length, TASKS_MAX);
    let chars = this.#waiting[0]!.text.length;
    let count = 1;
    while (count < limit && chars + this.#waiting[count]!.text.length <= CHARS_MAX)
      chars += this.#waiting[count++]!.text.length;
    if (count === this.#waiting.length) {
      const all = this.#waiting;
      this.#waiting = [];
      return all;
    }
    return this.#waiting.splice(0, count);
  }

  /** Settles every member of the batch; never rejects. */
  async #send(batch: Waiting[]): Promise<void> {
    const alone = batch.length === 1;
    try {
      const body = alone ? batch[0]!.text : `[${batch.map((one) => one.text).join(",")}]`;
      const reply = await this.#port.post(
        body,
        batch.every(({ hasId }) => hasId),
      );
      if (!alone && isAboutOne(reply)) {
        const middle = batch.length >> 1;
        await this.#send(batch.slice(0, middle));
        return await this.#send(batch.slice(middle));
      }
      const answer = this.#port.read(reply);
      if (alone) return batch[0]!.resolve(answer as Submitted);
      const { ids } = answer as BulkSubmitted;
      for (let i = 0; i < batch.length; i++) batch[i]!.resolve({ id: ids[i]! });
    } catch (error) {
      for (const one of batch) one.reject(error);
    }
  }
}

const ABOUT_ONE: ReadonlySet<number> = new Set([400, 404, 409, 413, 422]);

/** Whether the server refuses something in the request, rather than the request at this time or of this caller. */
function isAboutOne(reply: Reply): boolean {
  if (ABOUT_ONE.has(reply.status)) return true;
  if (reply.status !== 403 && reply.status !== 429) return false;
  // The arm of some tasks is full, or not for this token; others of the request may go to another.
  const { code, issues } = errorOf(reply, "POST /tasks");
  return code === "queue_full" || (code === "forbidden" && issues.length > 0);
}

/** Runs `job` once everything that is ready now has run. */
const afterTick: (job: () => void) => void =
  typeof setImmediate === "function" ? (job) => void setImmediate(job) : (job) => void setTimeout(job, 0);
