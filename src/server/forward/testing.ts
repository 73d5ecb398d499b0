/**
 * Two servers that pass requests on to each other over TCP, for tests: what a bus does between servers, with sockets. Who
 * leads is what the test says.
 */
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import type { ClusterDoor, Leader } from "../cluster-door.ts";

/** The doors of a made-up cluster. */
export class MadeCluster {
  readonly #ports = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  readonly sockets = new Set<Socket>();
  readonly #servers: ReturnType<typeof createServer>[] = [];
  #leader: { server: string; term: number } | undefined;

  /** Says who leads now. */
  leads(server: string | undefined): void {
    this.#leader = server === undefined ? undefined : { server, term: (this.#leader?.term ?? 0) + 1 };
    for (const listener of [...this.#listeners]) listener();
  }

  async door(server: string, change: Partial<ClusterDoor> = {}): Promise<ClusterDoor> {
    const accepting = new Set<(stream: Socket) => void>();
    const tcp = createServer((socket) => {
      this.sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => this.sockets.delete(socket));
      if (accepting.size === 0) socket.resume();
      for (const accept of accepting) accept(socket);
    });
    await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
    this.#servers.push(tcp);
    this.#ports.set(server, (tcp.address() as AddressInfo).port);
    const leader = (): Leader | undefined =>
      this.#leader && { ...this.#leader, isHere: this.#leader.server === server };
    const unused = (): Promise<never> => Promise.reject(new Error("not in this test"));
    return {
      ...{ server, name: "test", shard: "default", leader },
      onLeader: (listener) => {
        const call = (): void => listener(leader());
        this.#listeners.add(call);
        return () => this.#listeners.delete(call);
      },
      connect: (to) => this.connect(to),
      accept: (listener) => {
        accepting.add(listener);
        return () => accepting.delete(listener);
      },
      position: () => ({ seq: 0, epoch: 0 }),
      waitFor: () => Promise.resolve(true),
      notReady: () => undefined,
      ledMs: () => 0,
      metrics: () => "",
      others: () => Promise.resolve([...this.#ports.keys()].filter((other) => other !== server)),
      urls: () => [],
      repair: () => {},
      ...{ view: unused, stepDown: unused, snapshot: unused },
      ...change,
    };
  }

  connect(to: string): Socket {
    return connect({ port: this.#ports.get(to)!, host: "127.0.0.1", noDelay: true });
  }

  /** Breaks every stream. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  [Symbol.dispose](): void {
    this.cut();
    for (const server of this.#servers) server.close();
  }
}
