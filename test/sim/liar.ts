/** A worker whose words are worth nothing: it invents results, repeats them, mixes attempts up and claims other names. */
import type { Assignment, AttemptReport, FromWorker, Hello, ToWorker } from "../../src/protocol/link.ts";
import { LINK_VERSION } from "../../src/protocol/link.ts";
import type { Connection } from "./network.ts";
import { SimProcess } from "./process.ts";
import type { Host } from "./host.ts";
import { FUNCTIONS } from "./work.ts";
import type { Witness } from "./witness.ts";
import type { World } from "./world.ts";

export class Liar {
  readonly #world: World;
  readonly #witness: Witness;
  readonly #server: Host;
  readonly #name: string;
  readonly #process: SimProcess;
  #connection: Connection | undefined;
  #assignments: Assignment[] = [];
  #hello: Hello | undefined;
  #n = 0;

  constructor(world: World, witness: Witness, server: Host, name: string) {
    this.#world = world;
    this.#witness = witness;
    this.#server = server;
    this.#name = name;
    this.#process = new SimProcess(world);
    this.#connect();
    this.#lieAgain();
    world.onHeal(() => {
      this.#process.kill();
      this.#connection?.cut();
    });
  }

  #connect(): void {
    const { prng } = this.#world;
    this.#connection = this.#server.connect({
      process: this.#process,
      receive: (messages) => this.#receive(messages),
      closed: () => {
        this.#connection = undefined;
        this.#process.after(prng.next() * 1000, () => this.#connect());
      },
    });
    if (this.#connection === undefined) {
      this.#process.after(300, () => this.#connect());
      return;
    }
    this.#n = 0;
    const holds = prng.chance(0.3) ? [this.#anyRef(), this.#anyRef()] : [];
    const name = prng.chance(0.1) ? "w1" : this.#name;
    // Whoever is away may be impersonated: from then on nothing can be said of that name.
    this.#witness.liars.add(name);
    this.#hello = {
      type: "hello",
      version: prng.chance(0.05) ? LINK_VERSION + 1 : LINK_VERSION,
      name,
      instance: String(prng.int(2)),
      slots: 1 + prng.int(3),
      abilities: { kinds: ["shell", "call"], functions: [...FUNCTIONS] },
      holds,
      host: "nowhere",
      pid: 1,
      octopus: "sim",
    };
    this.#send(this.#hello);
  }

  #receive(messages: readonly ToWorker[]): void {
    for (const message of messages) if (message.type === "assign") this.#assignments.push(...message.tasks);
  }

  #lieAgain(): void {
    this.#process.after(this.#world.around(this.#world.options.leaseMs / 5), () => {
      this.#lie();
      this.#lieAgain();
    });
  }

  #lie(): void {
    const { prng } = this.#world;
    const ref = this.#anyRef();
    switch (prng.int(6)) {
      case 0:
        return this.#send({ type: "heartbeat", load: -1, rssBytes: 0, active: 99 });
      case 1:
        return this.#send({ type: "progress", ...ref, value: 0.5 });
      case 2:
        return this.#send({ type: "log", chunks: [{ ...ref, stream: "stdout", at: 0, text: "lies\n" }] });
      case 3:
        this.#result(ref);
        return this.#result(ref);
      case 4:
        return this.#send(this.#hello!);
      default: {
        const mine = this.#assignments.shift();
        if (mine !== undefined) this.#result(mine);
      }
    }
  }

  #result({ task, attempt }: { task: number; attempt: number }): void {
    const { prng } = this.#world;
    const outcome = prng.pick(["succeeded", "failed", "timed_out", "cancelled", "refused", "interrupted"] as const);
    const report: AttemptReport = { outcome };
    if (prng.chance(0.3)) report.exitCode = prng.pick([0, 75, 99, -1]);
    if (prng.chance(0.2)) report.retryAfterMs = 100;
    this.#send({ type: "result", n: prng.chance(0.2) ? prng.int(1000) : ++this.#n, task, attempt, report });
  }

  /** An attempt of its own, of somebody else, or of nobody. */
  #anyRef(): { task: number; attempt: number } {
    const { prng } = this.#world;
    if (this.#assignments.length > 0 && prng.chance(0.5)) return prng.pick(this.#assignments);
    const live = this.#witness.running();
    const task = live.length > 0 && prng.chance(0.5) ? prng.pick(live) : 1 + prng.int(this.#witness.lastTask + 2);
    // Most invented results are about the newest attempt: those are the dangerous ones.
    return { task, attempt: prng.chance(0.7) ? this.#witness.attemptOf(task) : prng.int(4) };
  }

  #send(message: FromWorker): void {
    this.#connection?.sendUp([message]);
  }
}
