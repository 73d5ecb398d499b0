/**
 * `POST /hooks/NAME`: requests of other systems that start tasks. Owns the bounds on them; whether one is genuine and what it
 * starts is decided behind the door (`TriggerDoor`).
 *
 * HK1  Before it is known to be genuine, a request costs a bounded body and a signature. Whoever sent many wrong ones is told
 *      to wait; a genuine one is let through all the same, as it may come by the same proxy.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { OctopusError } from "../base/errors.ts";
import type { Principal } from "../protocol/access.ts";
import { addressOf, sourceOf } from "./access/address.ts";
import { Meter } from "./access/meter.ts";
import { readBody } from "./body.ts";
import type { TriggerDoor } from "./options.ts";
import { MethodError, problemOf, TooManyError } from "./problem.ts";
import type { ServerScope } from "./scope.ts";

export const HOOKS_PATH = "/hooks/";
const REFUSALS = { limit: 20, perMs: 60_000, burst: 20 };

export function createHookHandler(scope: ServerScope) {
  const { options, audit } = scope;
  const refusals = new Meter(options.access?.refusals ?? REFUSALS);
  const rates = new Map<string, Meter>();
  const principals = new Map<string, Principal>();

  const handle = async (request: IncomingMessage, door: TriggerDoor, name: string) => {
    if (request.method !== "POST") throw new MethodError(request.method ?? "", HOOKS_PATH + name, "POST");
    const { bodyBytes, rate } = door.hook(name);
    const address = addressOf(request);
    const now = Date.now();
    const url = URL.parse(request.url ?? "", "http://localhost");
    const body = await readBody(request, bodyBytes);
    const meter = rates.get(name) ?? new Meter(rate);
    rates.set(name, meter);
    const waitMs = meter.waitMs(name, now);
    if (waitMs > 0) throw new TooManyError(`more requests than triggers.${name}.rate allows`, waitMs);
    try {
      const answer = await door.receive(name, {
        ...{ headers: request.headers, body },
        query: Object.fromEntries(url?.searchParams ?? []),
      });
      meter.take(name, now);
      noteStart(name, address, answer.body);
      return answer;
    } catch (error) {
      if (error instanceof OctopusError && ["unauthorized", "malformed"].includes(error.code))
        audit.refused({ who: "anonymous", address, action: "refused.hook", subject: name, detail: error.message });
      else
        audit.failed({
          who: whoOf(name).who,
          address,
          action: "hook",
          subject: name,
          detail: (error as Error).message,
        });
      if (!(error instanceof OctopusError) || error.code !== "unauthorized") throw error;
      const wrongWaitMs = refusals.take(sourceOf(address), now);
      if (wrongWaitMs === 0) throw error;
      throw new TooManyError("too many wrong signatures came from this address", wrongWaitMs);
    }
  };
  const whoOf = (name: string): Principal => {
    const known = principals.get(name) ?? { who: `trigger:${name}`, role: "submitter" as const };
    principals.set(name, known);
    return known;
  };
  const noteStart = (name: string, address: string, answer: unknown): void => {
    const { started, task, run } = answer as { started?: boolean; task?: string; run?: string };
    if (started === true) audit.submitted(whoOf(name), () => address, 1, task ?? run ?? name);
  };

  return (request: IncomingMessage, response: ServerResponse): void => {
    scope.metrics.route(request, `${HOOKS_PATH}{name}`);
    const name = nameOf(request.url ?? "");
    const done =
      options.triggers === undefined
        ? Promise.reject(
            new OctopusError("not_found", "this server has no webhooks; `triggers` in its configuration makes them"),
          )
        : handle(request, options.triggers, name);
    done.then(
      ({ status, body }) => send(response, status, { "content-type": "application/json" }, JSON.stringify(body)),
      (error: unknown) => {
        // The rest of a body that nobody wants: the connection is not worth keeping for it.
        if (!request.readableEnded) response.setHeader("connection", "close");
        const { status, headers, body } = problemOf(error, options.log);
        // A signature is no bearer token.
        delete headers["www-authenticate"];
        send(response, status, headers, body);
      },
    );
  };
}

function nameOf(url: string): string {
  const path = url.split("?", 1)[0]!.slice(HOOKS_PATH.length);
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function send(response: ServerResponse, status: number, headers: Record<string, string>, body: string): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { ...headers, "content-length": String(Buffer.byteLength(body)) });
  response.end(body);
}
