/** A worker in the engine's own process: the link is plain calls, made again when either side cuts it. */
import type { WorkerPort, WorkerSession } from "../engine/api.ts";
import type { Agent } from "../worker/agent.ts";

/** Wait before the link that the engine has cut is made again. */
const AGAIN_MS = 200;

export class LocalWorker {
  readonly #connectWorker: (port: WorkerPort) => WorkerSession;
  readonly #agent: Agent;
  #stopped = false;
  /** What it offers is about to be told. */
  #isTelling = false;
  /** A new hello is on its way. */
  #isConnecting = false;
  #unlink: (() => void) | undefined;

  constructor(connectWorker: (port: WorkerPort) => WorkerSession, agent: Agent) {
    this.#connectWorker = connectWorker;
    this.#agent = agent;
    this.#connect();
  }

  /** The agent can do something else now. Several changes of one tick are told together. */
  refresh(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      if (!this.#stopped) this.#agent.tellAnew();
    });
  }

  /** What runs gets `graceMs` to end; what is left goes back to the queue. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    await this.#agent.stop(graceMs);
  }

  #connectSoon(): void {
    if (this.#isConnecting) return;
    this.#isConnecting = true;
    queueMicrotask(() => {
      this.#isConnecting = false;
      if (!this.#stopped) this.#connect();
    });
  }

  #connect(): void {
    const agent = this.#agent;
    let open = true;
    const session = this.#connectWorker({
      send: (messages) => queueMicrotask(() => open && agent.receive(messages)),
      close: () => {
        if (!open) return;
        open = false;
        agent.disconnected();
        if (!this.#stopped) setTimeout(() => !this.#stopped && this.#connect(), AGAIN_MS).unref();
      },
    });
    this.#unlink?.();
    this.#unlink = () => {
      if (!open) return;
      open = false;
      agent.disconnected();
      session.closed();
    };
    agent.connected({
      send: (messages) => open && session.receive(messages),
      close: () => this.#unlink?.(),
      again: () => this.#connectSoon(),
    });
  }
}
