/**
 * Lines that come in by a socket: of this machine, or of others when they know the secret.
 *
 * SK1  A socket is read no faster than its lines are started: the sender waits.
 * SK2  With `answer`, a line is answered when what it starts is durable, in the order of the lines.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { chmodSync, existsSync, rmSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { OctopusError } from "../base/errors.ts";
import { isLoopback } from "../base/loopback.ts";
import { Feeder } from "./feeder.ts";
import { type Line, LineCutter } from "./lines.ts";
import { invalid, type StreamSettings } from "./settings.ts";
import type { Outcome } from "./starter.ts";
import type { Streaming } from "./stream.ts";
import type { Trigger } from "./trigger.ts";

const CONNECTIONS_MAX = 500;
/** Whoever must say the secret has this long. */
const SECRET_MS = 10_000;

export type Door = { unix: string } | { tcp: { host: string; port: number } };

export async function startSocket(
  trigger: Trigger,
  settings: StreamSettings,
  door: Door,
  secret: string | null,
): Promise<Streaming> {
  const isOpen = "tcp" in door && !isLoopback(door.tcp.host);
  if (isOpen && secret === null) {
    const words =
      "is reached from other machines, and anybody could start tasks: set a secret, which is the first line of each connection";
    throw invalid(`triggers.${trigger.name}.stream.tcp`, words);
  }
  const stream = new SocketStream(trigger, settings, secret);
  await stream.listen(door);
  return stream;
}

class SocketStream implements Streaming {
  readonly #trigger: Trigger;
  readonly #settings: StreamSettings;
  readonly #secret: string | null;
  readonly #feeder: Feeder;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(trigger: Trigger, settings: StreamSettings, secret: string | null) {
    this.#trigger = trigger;
    this.#settings = settings;
    this.#secret = secret;
    this.#feeder = new Feeder({ trigger, settings });
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#serve(socket));
    this.#server.maxConnections = CONNECTIONS_MAX;
  }

  async listen(door: Door): Promise<void> {
    const where = `triggers.${this.#trigger.name}.stream`;
    try {
      if ("unix" in door) await this.#listenAt(door.unix);
      else await listening(this.#server, door.tcp);
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      await this.#feeder.close();
      const why = code === "EADDRINUSE" ? "something listens there already" : message;
      throw new OctopusError("not_ready", `${where}: ${why}`, { cause });
    }
  }

  /** Its folder decides who reaches it; the file itself is for the server's user and group. */
  async #listenAt(path: string): Promise<void> {
    // A server that was killed leaves its socket behind.
    if (existsSync(path) && !(await isAnswered(path))) rmSync(path, { force: true });
    await listening(this.#server, { path });
    chmodSync(path, 0o660);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.pause();
    await this.#feeder.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #serve(socket: Socket): void {
    const source = socket.remoteAddress ?? "unix";
    const connection = randomUUID().slice(0, 13);
    let isKnown = this.#secret === null;
    const timer = isKnown ? undefined : setTimeout(() => socket.destroy(), SECRET_MS);
    this.#sockets.add(socket);
    const cutter = new LineCutter(this.#settings.lineMax, 0, (_, bytes) => {
      this.#trigger.unreadable(`a line of ${source} has ${bytes} bytes; at most ${this.#settings.lineMax} may be`);
      this.#answer(socket, undefined);
    });
    const take = (lines: readonly Line[]): void => {
      for (const { text, from } of lines) {
        if (isKnown) {
          this.#feeder.push({
            text,
            id: `${connection}-${from}`,
            source,
            done: (outcome) => this.#answer(socket, outcome),
          });
          continue;
        }
        clearTimeout(timer);
        isKnown = isEqual(text, this.#secret!);
        if (isKnown) continue;
        this.#trigger.refused(`${source} said a wrong secret`);
        if (this.#settings.answer) socket.write("error wrong secret\n");
        socket.destroySoon();
        return;
      }
    };
    socket.on("data", (chunk: Buffer) => {
      take(cutter.push(chunk));
      if (!this.#feeder.isFull) return;
      socket.pause();
      void this.#feeder.room().then(() => socket.resume());
    });
    socket.on("end", () => {
      take(cutter.flush());
      // Answers that are still to come need a connection that is open in one direction.
      void this.#feeder.idle().then(() => socket.end());
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      clearTimeout(timer);
      this.#sockets.delete(socket);
    });
  }

  #answer(socket: Socket, outcome: Outcome | undefined): void {
    if (!this.#settings.answer || !socket.writable) return;
    socket.write(`${answerText(outcome)}\n`);
  }
}

function answerText(outcome: Outcome | undefined): string {
  if (outcome === undefined) return "error the line cannot be read";
  switch (outcome.type) {
    case "failed":
      return `error ${outcome.error.message.replace(/\s+/g, " ")}`;
    case "skipped":
      return "skipped";
    default:
      return `ok ${outcome.task ?? outcome.run ?? ""}`;
  }
}

function isEqual(a: string, b: string): boolean {
  const [one, other] = [a, b].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(one!, other!);
}

async function listening(server: Server, where: { path: string } | { host: string; port: number }): Promise<void> {
  server.listen(where);
  await once(server, "listening");
}

/** Whether somebody listens at a socket that is there. */
async function isAnswered(path: string): Promise<boolean> {
  const socket = createConnection(path);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
