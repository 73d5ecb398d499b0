/**
 * What passes before `hello`: what the worker shows with its request to open the link, the challenge that a worker with a
 * key answers, and the words of a server that opens no link.
 */
import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { CHALLENGE_HEADER, type Challenge, KEY_HEADER, NAME_HEADER, type Proof } from "../../protocol/link.ts";
import type { WorkerKey } from "../worker-key.ts";
import type { ServerAccess } from "./server-access.ts";

const WORDS_BYTES_MAX = 16_384;

export interface Refusal {
  reason: string;
  /** Asking again brings nothing. */
  isFinal: boolean;
  /** The namespace is not there. */
  isMissing: boolean;
}

/** The handshake of one connection. */
export class Handshake {
  readonly #server: ServerAccess;
  readonly #shown: { name: string; key: WorkerKey } | undefined;
  #certificate = "";
  #isOver = true;
  /** The server begins with a challenge. */
  isChallenged = false;
  /** The server is on this machine: packing would only cost. */
  isNear = false;

  constructor(server: ServerAccess, shown: { name: string; key: WorkerKey } | undefined) {
    this.#server = server;
    this.#shown = shown;
  }

  headers(): Record<string, string> {
    const shown = this.#shown;
    if (shown === undefined) return this.#server.headers();
    return { [KEY_HEADER]: shown.key.publicKey, [NAME_HEADER]: shown.name };
  }

  /** The server opens the link. */
  answered(response: IncomingMessage): void {
    const socket = response.socket as TLSSocket;
    this.isNear = isLoopback(socket.remoteAddress ?? "");
    if (socket.encrypted)
      this.#certificate = socket.getPeerCertificate().fingerprint256.replaceAll(":", "").toLowerCase();
    this.isChallenged = this.#shown !== undefined && response.headers[CHALLENGE_HEADER] === "1";
    this.#isOver = !this.isChallenged;
  }

  /** The answer to the challenge, which is the first frame; undefined for every frame when there is none to answer. */
  receive(frame: Buffer): Proof | undefined {
    if (this.#isOver) return undefined;
    this.#isOver = true;
    const [first] = JSON.parse(frame.toString("utf8")) as [Challenge | { type: "refuse" }];
    if (first.type === "refuse") return undefined;
    if (first.type !== "challenge") throw new TypeError("its first message is no challenge");
    const { name, key } = this.#shown!;
    return key.prove(first, this.#certificate, name);
  }

  /** What was shown is read anew for the next try. */
  #mayChange(): boolean {
    return this.#server.hasToken && this.#server.isTokenFleeting;
  }

  /** The server answers with something else than a link. */
  async refused(response: IncomingMessage): Promise<Refusal> {
    const status = response.statusCode ?? 0;
    let text = "";
    try {
      response.setEncoding("utf8");
      for await (const chunk of response) if ((text += chunk as string).length > WORDS_BYTES_MAX) break;
    } catch {
      // It hung up in the middle of its words: the status must do.
    }
    const { code, detail = `the server answered ${status} ${response.statusMessage ?? ""}`.trim() } = wordsOf(text);
    const isMissing = status === 404 && code === "no_namespace";
    return { reason: detail, isMissing, isFinal: status === 403 || (status === 401 && !this.#mayChange()) };
  }
}

function wordsOf(text: string): { code?: unknown; detail?: string } {
  try {
    const { code, detail } = JSON.parse(text) as { code?: unknown; detail?: unknown };
    return { code, ...(typeof detail === "string" && { detail }) };
  } catch {
    return {};
  }
}

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.") || address.startsWith("::ffff:127.");
}
