/** Workers as people see and steer them; what workers themselves say is in `workers.ts`. */
import { OctopusError } from "../base/errors.ts";
import type { Command } from "../core/command.ts";
import { holds } from "../core/fleet/labels.ts";
import type { PoolView, UsageHistory, WorkerDetail, WorkerView } from "../protocol/worker-views.ts";
import type { FleetApi, WorkerFilter } from "./fleet-api.ts";
import type { Reads } from "./reads.ts";
import { rejected } from "./refusals.ts";
import type { Scaling } from "./scaling/scaling.ts";
import type { Turns } from "./turns.ts";
import type { Workers } from "./workers.ts";
import { coarser } from "./workers/usage-history.ts";

export class Fleet implements FleetApi {
  readonly #turns: Turns;
  readonly #reads: Reads;
  readonly #workers: Workers;
  readonly #scaling: Scaling;

  constructor(turns: Turns, reads: Reads, workers: Workers, scaling: Scaling) {
    this.#turns = turns;
    this.#reads = reads;
    this.#workers = workers;
    this.#scaling = scaling;
  }

  workers({ state, labels = [] }: WorkerFilter = {}): WorkerView[] {
    return this.#reads
      .workers()
      .filter(
        (worker) =>
          (state === undefined || state.includes(worker.state)) &&
          labels.every((term) => holds({ name: worker.name, labels: worker.labels ?? {} }, term)),
      );
  }

  worker(name: string): WorkerDetail | undefined {
    return this.#reads.worker(name);
  }

  usage(worker: string, span: "hour" | "day"): UsageHistory | undefined {
    return this.#workers.usage(worker, span);
  }

  usages(span: "hour" | "day", points: number, workers?: readonly string[]): UsageHistory[] {
    const names = workers ?? this.#reads.workers().map(({ name }) => name);
    return names.flatMap((name) => {
      const history = this.usage(name, span);
      return history === undefined ? [] : [coarser(history, points)];
    });
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
    return this.#scaling.views();
  }

  #known(name: string): WorkerView {
    const view = this.worker(name);
    if (view === undefined)
      throw new OctopusError("not_found", `there is no worker ${name}: none of this name was ever here`);
    return view;
  }

  async #ask(command: Command): Promise<void> {
    const reply = await this.#turns.ask(() => command);
    if (!reply.ok) throw rejected(reply.rejection);
  }
}
