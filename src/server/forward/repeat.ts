/**
 * Whether a request that was passed on and not answered may be sent again, to the leader after the one that went. Owns what
 * is kept of a body for that.
 *
 * RP1  A request whose fate is not known is repeated only when a second one changes nothing: it reads, or every task in it
 *      has an id of its own, or the sender of a webhook has named the event.
 * RP2  One that the server refused because it does not lead did nothing there, and is repeated when what it was sent of the
 *      body is still here and fits into one turn: of a longer one, a part may have been accepted.
 * RP3  At most so much of one body is kept.
 */
import type { IncomingMessage } from "node:http";
import { HOOKS_PATH } from "../hooks.ts";
import { TASKS_PATH } from "../submit.ts";

const KEPT_BYTES_MAX = 256 * 1024;
/** Below this a body holds fewer tasks than one turn takes. */
const ONE_TURN_BYTES_MAX = 8 * 1024;
const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);
const EVENT_HEADERS = ["idempotency-key", "webhook-id", "x-github-delivery", "x-gitlab-event-uuid", "x-request-id"];

/** The body of a request: passed on while it comes, and kept while it is short. */
export class KeptBody {
  readonly #request: IncomingMessage;
  #kept: Buffer[] | undefined = [];
  #bytes = 0;
  isComplete = false;

  constructor(request: IncomingMessage) {
    this.#request = request;
    // Whoever sends nothing has sent all of it.
    if (!hasBody(request)) this.isComplete = true;
  }

  get isEmpty(): boolean {
    return this.isComplete && this.#bytes === 0;
  }

  /** All of it is here. */
  get isKept(): boolean {
    return this.isComplete && this.#kept !== undefined;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** What has come of it so far is here; the rest can be sent on behind it. */
  get isKeptSoFar(): boolean {
    return this.#kept !== undefined;
  }

  text(): string {
    return Buffer.concat(this.#kept ?? []).toString("utf8");
  }

  /** Sends it, again from its beginning where that is kept; the answer ends that. */
  sendTo(out: NodeJS.WritableStream): () => void {
    const request = this.#request;
    for (const chunk of this.#kept ?? []) out.write(chunk);
    if (this.isComplete) {
      out.end();
      return () => {};
    }
    const onData = (chunk: Buffer): void => {
      this.#bytes += chunk.length;
      if (this.#bytes > KEPT_BYTES_MAX) this.#kept = undefined;
      this.#kept?.push(chunk);
      if (!out.write(chunk)) request.pause();
    };
    const onDrain = (): void => void request.resume();
    const onEnd = (): void => {
      this.isComplete = true;
      stop();
      out.end();
    };
    const stop = (): void => {
      request.off("data", onData).off("end", onEnd);
      out.off("drain", onDrain);
    };
    request.on("data", onData).on("end", onEnd);
    out.on("drain", onDrain);
    request.resume();
    return () => {
      stop();
      // The rest waits for the next try.
      request.pause();
    };
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return "transfer-encoding" in headers || Number(headers["content-length"] ?? 0) > 0;
}

/**
 * What is known of a request that was not answered. `never sent`: no server was reached. `refused`: the server says that it
 * does not lead.
 */
export type Fate = "never sent" | "refused" | "unknown";

/** RP1 and RP2. */
export function mayRepeat(request: IncomingMessage, body: KeptBody, fate: Fate): boolean {
  const { method = "", url = "", headers } = request;
  if (fate === "never sent") return body.isKeptSoFar;
  if (fate === "refused" && body.isKeptSoFar && body.bytes <= ONE_TURN_BYTES_MAX) return true;
  // What is still coming could be sent on; but only a whole body can be judged.
  if (!body.isKept) return false;
  if (SAFE.has(method)) return true;
  if (url.startsWith(HOOKS_PATH)) return EVENT_HEADERS.some((name) => headers[name] !== undefined);
  return method === "POST" && url === TASKS_PATH && hasIds(body.text());
}

function hasIds(text: string): boolean {
  const isNamed = (task: unknown): boolean =>
    typeof task === "object" && task !== null && typeof (task as { id?: unknown }).id === "string";
  try {
    const whole: unknown = text.trimStart().startsWith("[")
      ? JSON.parse(text)
      : linesOf(text).map((line) => JSON.parse(line));
    return Array.isArray(whole) && whole.length > 0 && whole.every(isNamed);
  } catch {
    return false;
  }
}

/** One task, or one a line. A task over several lines is one. */
function linesOf(text: string): string[] {
  try {
    JSON.parse(text);
    return [text];
  } catch {
    return text.split("\n").filter((line) => line.trim() !== "");
  }
}
