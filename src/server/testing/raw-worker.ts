/** A worker made by hand on a bare WebSocket: it says what the test says, true or not. */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { once } from "node:events";
import { WebSocket } from "ws";
import {
  type Challenge,
  type FromWorker,
  type Hello,
  KEY_HEADER,
  LINK_VERSION,
  NAME_HEADER,
  type Proof,
  proofText,
  type ToWorker,
} from "../../protocol/link.ts";

type Said = ToWorker | Challenge;

export interface WorkerKey {
  secret: KeyObject;
  /** As it is sent: base64url of its 32 bytes. */
  text: string;
}

export function drawKey(): WorkerKey {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return { secret: privateKey, text: publicKey.export({ format: "jwk" }).x! };
}

/** What a worker says of itself, with what the test wants otherwise. */
export function helloOf(name: string, more: Partial<Hello> = {}): Hello {
  return {
    ...{ type: "hello", version: LINK_VERSION, name, instance: `${name}-1`, slots: 4, holds: [], host: "here", pid: 7 },
    ...{ octopus: "0.1.0", abilities: { kinds: ["shell", "call"], functions: ["f"] } },
    ...more,
  };
}

export class RawWorker {
  readonly socket: WebSocket;
  readonly received: Said[] = [];
  /** Names of the headers of the answer to the upgrade. */
  headers: Record<string, unknown> = {};
  readonly #stirred = new Set<() => void>();

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("upgrade", ({ headers }) => (this.headers = headers));
    socket.on("message", (data: Buffer) => {
      this.received.push(...(JSON.parse(data.toString()) as Said[]));
      for (const look of this.#stirred) look();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      for (const look of this.#stirred) look();
    });
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<RawWorker> {
    const worker = new RawWorker(new WebSocket(`${url.replace("http", "ws")}/api/v1/worker`, { headers }));
    await once(worker.socket, "open");
    return worker;
  }

  /** A worker that has said hello and was welcomed. */
  static async greet(url: string, hello: Hello, headers: Record<string, string> = {}): Promise<RawWorker> {
    const worker = await RawWorker.open(url, headers);
    worker.say(hello);
    await worker.hears("welcome");
    return worker;
  }

  /** A worker with a key: answers the challenge of the server as asked, then says hello. */
  static async knock(url: string, key: WorkerKey, hello: Hello, lie: Partial<Proof> = {}): Promise<RawWorker> {
    const worker = await RawWorker.open(url, { [KEY_HEADER]: key.text, [NAME_HEADER]: hello.name });
    const challenge = await worker.hears("challenge");
    worker.say({ ...worker.proof(key, challenge, hello.name), ...lie }, hello);
    return worker;
  }

  proof(key: WorkerKey, { nonce, cluster }: Challenge, name: string, certificate = ""): Proof {
    const signature = sign(null, Buffer.from(proofText(nonce, cluster, certificate, name)), key.secret);
    return { type: "proof", name, key: key.text, signature: signature.toString("base64url") };
  }

  say(...messages: (FromWorker | Proof)[]): void {
    this.socket.send(JSON.stringify(messages));
  }

  /** The first message of this type; rejects when the connection ends without one. */
  async hears<T extends Said["type"]>(type: T): Promise<Extract<Said, { type: T }>> {
    await this.until(() => this.received.some((message) => message.type === type));
    return this.received.find((message): message is Extract<Said, { type: T }> => message.type === type)!;
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.socket.readyState === this.socket.CLOSED) throw new Error("the connection has ended");
      await new Promise<void>((resolve) => {
        const look = (): void => {
          this.#stirred.delete(look);
          resolve();
        };
        this.#stirred.add(look);
      });
    }
  }

  /** Code and reason of the end. */
  async ended(): Promise<[code: number, reason: string]> {
    const [code, reason] = (await once(this.socket, "close")) as [number, Buffer];
    return [code, reason.toString()];
  }
}
