/**
 * Streams of bytes between servers: TLS connections to a port of each, whose key (a pre-shared one, drawn by whoever comes
 * first) stands among the shared values. So only those who may read the database may connect, and nobody in between reads.
 *
 * PP1  Until the other side has shown that it knows the key nothing is sent: what fails before that is `ECONNREFUSED`, and
 *      nothing of it was received.
 */
import { randomUUID } from "node:crypto";
import type { Server, TLSSocket } from "node:tls";
import { connect, createServer } from "node:tls";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { Database } from "./database.ts";
import { FramedStream } from "./framed-stream.ts";
import { postgresError } from "./words.ts";

const IDENTITY = "octopus";
/** The suites of TLS 1.2 with a pre-shared key that give secrecy to what was said before, too. */
const TLS = {
  ciphers: "DHE-PSK-AES256-GCM-SHA384:PSK-AES256-GCM-SHA384",
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.2",
} as const;
const CONNECT_MS_MAX = 5000;

export interface PeersOptions {
  database: Database;
  schema: string;
  server: string;
  listen: { host: string; port: number };
  advertise?: string | undefined;
  /** In hex. */
  secret: string;
}

export class Peers {
  readonly #options: PeersOptions;
  readonly #key: Buffer;
  readonly #instance = randomUUID();
  readonly #listeners = new Set<(stream: Duplex) => void>();
  readonly #open = new Set<Duplex>();
  readonly #server: Server;

  constructor(options: PeersOptions) {
    this.#options = options;
    this.#key = Buffer.from(options.secret, "hex");
    this.#server = createServer(
      {
        ...TLS,
        pskCallback: (_, identity) => (identity === IDENTITY ? this.#key : null),
        dhparam: "auto",
        allowHalfOpen: true,
      },
      (socket) => this.#take(socket),
    );
    // A stranger who cannot show the key.
    this.#server.on("tlsClientError", (_, socket) => socket.destroy());
  }

  /** Listens, and says where. */
  async open(): Promise<void> {
    const { database, schema, server, listen, advertise } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host: listen.host, port: listen.port }, () => resolve());
    });
    this.#server.on("error", () => {});
    const { port } = this.#server.address() as AddressInfo;
    const text = `INSERT INTO ${schema}.peer VALUES ($1, $2, $3, $4)
      ON CONFLICT (server) DO UPDATE SET host = excluded.host, port = excluded.port, instance = excluded.instance`;
    const values = [server, advertise ?? listen.host, port, this.#instance];
    await database.query({ text, values }, "say where this server is reached");
  }

  connect(server: string): Duplex {
    const stream = new FramedStream(this.#reach(server));
    this.#keep(stream);
    return stream;
  }

  accept(listener: (stream: Duplex) => void): () => void {
    const own = (stream: Duplex): void => listener(stream);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  async close(): Promise<void> {
    const { database, schema, server } = this.#options;
    for (const stream of this.#open) stream.destroy();
    this.#server.close();
    // Unless another process has the name by now.
    const text = `DELETE FROM ${schema}.peer WHERE server = $1 AND instance = $2`;
    await database.query({ text, values: [server, this.#instance] }, "take back where it is reached").catch(() => {});
  }

  #take(socket: TLSSocket): void {
    socket.on("error", () => {});
    const [listener] = this.#listeners;
    if (listener === undefined) return void socket.destroy();
    // The first byte says that somebody takes it.
    socket.write(GREETING);
    const stream = new FramedStream(socket);
    this.#keep(stream);
    listener(stream);
  }

  #keep(stream: Duplex): void {
    this.#open.add(stream);
    stream.on("close", () => this.#open.delete(stream));
  }

  async #reach(server: string): Promise<TLSSocket> {
    const { database, schema } = this.#options;
    const query = { text: `SELECT host, port FROM ${schema}.peer WHERE server = $1`, values: [server] };
    const doing = `find the server ${server}`;
    const [peer] = await database.query<{ host: string; port: number }>(query, doing).catch((error: unknown) => {
      throw refused(postgresError(error, doing).message);
    });
    if (peer === undefined) throw refused(`no server named ${server} is in the cluster`);
    return new Promise((resolve, reject) => {
      const place = { host: peer.host, port: peer.port, timeout: CONNECT_MS_MAX, allowHalfOpen: true };
      const socket = connect({
        ...TLS,
        ...place,
        pskCallback: () => ({ psk: this.#key, identity: IDENTITY }),
        // The key is what tells a server of the cluster.
        checkServerIdentity: () => undefined,
      });
      const fail = (why: string): void => {
        socket.destroy();
        reject(refused(`the server ${server} does not take a connection at ${peer.host}:${peer.port}: ${why}`));
      };
      const onError = (error: Error): void => fail(error.message);
      const onEnd = (): void => fail("it was closed at once");
      socket.once("error", onError);
      socket.once("timeout", () => fail("no answer"));
      socket.once("close", onEnd);
      socket.once("readable", () => {
        if (socket.read(1) === null) return;
        socket.off("error", onError);
        socket.off("close", onEnd);
        socket.removeAllListeners("timeout");
        socket.setTimeout(0);
        socket.setNoDelay(true);
        resolve(socket);
      });
    });
  }
}

const GREETING = Buffer.of(1);

function refused(message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code: "ECONNREFUSED" });
}
