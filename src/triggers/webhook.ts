/**
 * Requests from elsewhere that start tasks. The server hands over a request as it came; here it is believed or not, read,
 * and becomes an event.
 *
 * WH1  Nothing of a request is read before it is known who sent it.
 * WH2  The answer is given when what it starts is durable.
 * WH3  A delivery that comes again has the id that it had, and starts nothing again.
 */
import { randomUUID } from "node:crypto";
import { isUtf8 } from "node:buffer";
import { OctopusError } from "../base/errors.ts";
import type { Json } from "../base/words.ts";
import { digest, eventId } from "./event.ts";
import type { EventData } from "./event.ts";
import type { WebhookSettings } from "./settings.ts";
import type { Outcome } from "./starter.ts";
import type { Trigger } from "./trigger.ts";
import { distrust, headerOf, type HookRequest } from "./verify.ts";

export interface Delivery extends HookRequest {
  readonly query: Readonly<Record<string, string>>;
}

export interface HookAnswer {
  status: number;
  body: Json;
}

/** Headers that may hold a secret, or that say nothing of the event. */
const HIDDEN =
  /^(authorization|proxy-.*|cookie|connection|host|content-length|transfer-encoding|.*(token|secret|signature|password|api-?key|auth).*)$/;

/** By way of verifying: the header that tells deliveries apart. */
const ID_HEADERS: Readonly<Partial<Record<WebhookSettings["verify"], readonly string[]>>> = {
  github: ["x-github-delivery"],
  gitea: ["x-gitea-delivery"],
  forgejo: ["x-forgejo-delivery", "x-gitea-delivery"],
  gitlab: ["idempotency-key", "x-gitlab-event-uuid"],
  standard: ["webhook-id"],
};

export class Webhook {
  readonly trigger: Trigger;
  readonly settings: WebhookSettings;
  readonly #secret: string | null;

  constructor(trigger: Trigger, settings: WebhookSettings, secret: string | null) {
    this.trigger = trigger;
    this.settings = settings;
    this.#secret = secret;
  }

  /** Throws `unauthorized` for who is not believed, `malformed` for what cannot be read, and what hinders it now. */
  async receive(delivery: Delivery): Promise<HookAnswer> {
    const { trigger, settings } = this;
    const doubt = distrust(delivery, settings, this.#secret, Date.now());
    if (doubt !== undefined) {
      trigger.refused(doubt.message);
      throw new OctopusError(doubt.type === "wrong" ? "unauthorized" : "malformed", doubt.message);
    }
    const body = this.#read(delivery);
    const ping = this.#answerPing(delivery, body);
    if (ping !== undefined) return ping;
    if (trigger.isPaused)
      throw new OctopusError("not_ready", `the trigger ${trigger.name} is paused`, { retryable: true });
    const [outcome] = await this.#take(this.#event(delivery, body));
    switch (outcome!.type) {
      case "failed":
        throw outcome!.error;
      case "skipped":
        return { status: 200, body: { started: false, reason: "`when` is false for this event" } };
      default: {
        const { type, task, run } = outcome!;
        const what = task === undefined ? { run: run! } : { task };
        return { status: type === "repeated" ? 200 : 202, body: { started: type === "started", ...what } };
      }
    }
  }

  /** A workflow that nobody has registered is the server's affair: its sender asked for no such thing. */
  async #take(event: EventData): Promise<Outcome[]> {
    try {
      return await this.trigger.take([event]);
    } catch (error) {
      if (!(error instanceof OctopusError) || error.code !== "not_found") throw error;
      throw new OctopusError("not_ready", error.message, { cause: error, retryable: true });
    }
  }

  #read({ headers, body }: Delivery): Json {
    const type = String(headers["content-type"] ?? "")
      .split(";", 1)[0]!
      .trim()
      .toLowerCase();
    if (!isUtf8(body)) throw this.#unreadable("the body is not valid UTF-8");
    const text = Buffer.from(body).toString("utf8");
    if (type === "application/x-www-form-urlencoded") return this.#readForm(text);
    if (text.trim() === "") return null;
    const isJson = /^application\/([\w.+-]+\+)?json$/.test(type);
    if (!isJson && type !== "") return text;
    try {
      return JSON.parse(text) as Json;
    } catch (error) {
      if (!isJson) return text;
      throw this.#unreadable(`the body is not valid JSON: ${(error as Error).message}`);
    }
  }

  /** Some senders put their JSON into a field `payload`. */
  #readForm(text: string): Json {
    const fields = Object.fromEntries(new URLSearchParams(text));
    const { payload } = fields;
    if (payload === undefined) return fields;
    try {
      return JSON.parse(payload) as Json;
    } catch {
      return fields;
    }
  }

  #unreadable(message: string): OctopusError {
    this.trigger.unreadable(message);
    return new OctopusError("malformed", message);
  }

  /** Senders that ask whether somebody is there. */
  #answerPing(delivery: Delivery, body: Json): HookAnswer | undefined {
    const { verify } = this.settings;
    if (verify === "github" && headerOf(delivery, "x-github-event") === "ping")
      return { status: 200, body: { started: false, reason: "ping" } };
    if (verify !== "slack" || typeof body !== "object" || body === null || Array.isArray(body)) return undefined;
    const { type, challenge } = body;
    return type === "url_verification" ? { status: 200, body: { challenge: challenge ?? null } } : undefined;
  }

  #event(delivery: Delivery, body: Json): EventData {
    const shown = Object.entries(delivery.headers).filter(([name]) => !HIDDEN.test(name));
    const headers = Object.fromEntries(shown.map(([name, value]) => [name, String(value ?? "")]));
    const id = eventId(this.#idOf(delivery, body));
    return { id, ...this.trigger.common(), body, headers, query: { ...delivery.query } };
  }

  /** WH3. What the sender says, and for senders that say nothing what stands in the body. */
  #idOf(delivery: Delivery, body: Json): string {
    const { verify, idHeader } = this.settings;
    const names = idHeader === undefined ? (ID_HEADERS[verify] ?? ["idempotency-key", "x-request-id"]) : [idHeader];
    for (const name of names) {
      const value = headerOf(delivery, name);
      if (value !== undefined) return value;
    }
    if (typeof body === "object" && body !== null && !Array.isArray(body)) {
      const said = verify === "stripe" ? body["id"] : verify === "slack" ? body["event_id"] : undefined;
      if (typeof said === "string") return said;
    }
    // What is signed with its time comes again only as it was.
    if (verify === "stripe" || verify === "slack") {
      const at = headerOf(delivery, "x-slack-request-timestamp") ?? headerOf(delivery, "stripe-signature") ?? "";
      return digest(Buffer.concat([Buffer.from(at), delivery.body]));
    }
    return randomUUID();
  }
}
