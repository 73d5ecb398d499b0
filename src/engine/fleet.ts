/** Workers as people see and steer them; what workers themselves say is in `workers.ts`. */
import { OctopusError } from "../base/errors.ts";
import type { Command } from "../core/command.ts";
import { taskId } from "../core/task.ts";
import type { PoolView, UsageHistory, WorkerDetail, WorkerView } from "../protocol/worker-views.ts";
import type { FleetApi } from "./fleet-api.ts";
import type { Reads } from "./reads.ts";
import { rejected } from "./refusals.ts";
import type { Turns } from "./turns.ts";

export class Fleet implements FleetApi {
  readonly #turns: Turns;
  readonly #reads: Reads;

  constructor(turns: Turns, reads: Reads) {
    this.#turns = turns;
    this.#reads = reads;
  }

  worker(name: string): WorkerDetail | undefined {
    const view = this.#reads.workers().find((worker) => worker.name === name);
    if (view === undefined) return undefined;
    const { state } = this.#turns;
    const attempts = [...(state.workers.get(name)?.attempts ?? [])].map((task) => ({
      id: taskId(task),
      attempt: task.attempt,
      type: task.type,
      arm: task.lane.arm.name,
      startedAt: new Date(task.live!.startedAt).toISOString(),
    }));
    return { ...view, attempts, keys: [] };
  }

  usage(_worker: string, _span: "hour" | "day"): UsageHistory | undefined {
    return undefined;
  }

  async drain(worker: string): Promise<WorkerView> {
    this.#known(worker);
    await this.#ask({ type: "DrainWorker", worker, held: true });
    return this.#known(worker);
  }

  async resume(worker: string): Promise<WorkerView> {
    this.#known(worker);
    await this.#ask({ type: "ResumeWorker", worker });
    return this.#known(worker);
  }

  async forget(worker: string): Promise<void> {
    this.#known(worker);
    await this.#ask({ type: "ForgetWorker", worker });
  }

  pools(): PoolView[] {
    return [];
  }

  #known(name: string): WorkerView {
    const view = this.worker(name);
    if (view === undefined) throw new OctopusError("not_found", `there is no worker ${name}`);
    return view;
  }

  async #ask(command: Command): Promise<void> {
    const reply = await this.#turns.ask(() => command);
    if (!reply.ok) throw rejected(reply.rejection);
  }
}
