/** The servers of a simulated cluster as people and workers meet them: people ask any of them, workers find who leads. */
import type { Engine } from "../../../src/engine/engine.ts";
import type { Host } from "../host.ts";
import { Connection, type WorkerSide } from "../network.ts";
import type { SimProcess } from "../process.ts";
import type { Witness } from "../witness.ts";
import type { World } from "../world.ts";
import type { ClusterNode } from "./node.ts";

/** Share of the questions that go to a server that does not lead, as far as anybody knows. */
const ELSEWHERE = 0.1;

export class Front implements Host {
  readonly #world: World;
  readonly #witness: Witness;
  readonly #nodes: readonly ClusterNode[];

  constructor(world: World, witness: Witness, nodes: readonly ClusterNode[]) {
    this.#world = world;
    this.#witness = witness;
    this.#nodes = nodes;
  }

  /** A deposed one may think that it leads, too: it is asked as well. */
  get leader(): ClusterNode | undefined {
    const leading = this.#nodes.filter(({ leads }) => leads);
    return leading.length === 0 ? undefined : this.#world.prng.pick(leading);
  }

  get engine(): Engine | undefined {
    const { prng, healed } = this.#world;
    const { leader } = this;
    if (healed) return leader?.engine;
    return leader === undefined || prng.chance(ELSEWHERE) ? prng.pick(this.#nodes).engine : leader.engine;
  }

  get process(): SimProcess {
    return (this.leader ?? this.#nodes[0]!).process;
  }

  stands(engine: Engine): boolean {
    return this.#nodes.some((node) => node.engine === engine);
  }

  connect(side: WorkerSide): Connection | undefined {
    const node = this.leader;
    const engine = node?.engine;
    if (node === undefined || engine === undefined) return undefined;
    const connection = new Connection(this.#world, side, node.process);
    node.connections.add(connection);
    node.process.enter(() => {
      const session = engine.connectWorker({
        send: (messages) => {
          for (const message of messages) {
            if (message.type !== "assign") continue;
            for (const { task, attempt } of message.tasks) this.#witness.assigned(task, attempt);
          }
          connection.sendDown(messages);
        },
        close: () => connection.closeByServer(),
      });
      connection.opened(session);
    });
    return connection;
  }
}
