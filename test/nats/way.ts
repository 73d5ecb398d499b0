/** A way to a NATS server that a test can make one-sided: what the server says is held back, and what it is told arrives. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { NatsServer } from "./server.ts";

export class OneWay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #held: { to: Socket; bytes: Buffer }[] = [];
  #isHolding = false;

  private constructor(nats: NatsServer) {
    this.#server = createServer((from) => {
      const to = connect(nats.port, "127.0.0.1");
      for (const socket of [from, to]) {
        this.#sockets.add(socket);
        socket.on("error", () => {});
        socket.on("close", () => {
          from.destroy();
          to.destroy();
        });
      }
      from.pipe(to);
      to.on("data", (bytes: Buffer) => (this.#isHolding ? this.#held.push({ to: from, bytes }) : from.write(bytes)));
    });
  }

  static async to(nats: NatsServer): Promise<OneWay> {
    const way = new OneWay(nats);
    way.#server.listen(0, "127.0.0.1");
    await once(way.#server, "listening");
    return way;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on nothing comes back. */
  hold(): void {
    this.#isHolding = true;
  }

  /** What was held back so far. */
  get held(): string {
    return this.#held.map(({ bytes }) => bytes.toString("latin1")).join("");
  }

  release(): void {
    this.#isHolding = false;
    for (const { to, bytes } of this.#held.splice(0)) to.write(bytes);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
