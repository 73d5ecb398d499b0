/** The sessions over NATS of one server: none, until it is told to take workers there. The client of NATS is loaded then. */
import { OctopusError } from "../../base/errors.ts";
import type { ServerScope } from "../scope.ts";
import type { NatsWorkers, NatsWorkersOptions, StreamDoor } from "./gateway.ts";

export class NatsHost {
  readonly #scope: ServerScope;
  readonly #streams: StreamDoor;
  readonly #open = new Set<NatsWorkers>();

  constructor(scope: ServerScope, streams: StreamDoor) {
    this.#scope = scope;
    this.#streams = streams;
  }

  async open(options: NatsWorkersOptions): Promise<NatsWorkers> {
    this.#refuseWhenClosing();
    const { openNatsWorkers } = await import("./gateway.ts");
    const workers = await openNatsWorkers(this.#scope, options, this.#streams);
    const close = async (): Promise<void> => {
      this.#open.delete(workers);
      await workers.close();
    };
    this.#open.add(workers);
    if (this.#scope.closing.aborted) await close();
    this.#refuseWhenClosing();
    return { counts: workers.counts, close };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map((workers) => workers.close()));
    this.#open.clear();
  }

  #refuseWhenClosing(): void {
    if (this.#scope.closing.aborted) throw new OctopusError("not_ready", "the server is stopping", { retryable: true });
  }
}
