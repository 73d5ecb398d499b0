/**
 * Sends the request of an http task with Node's fetch and turns the answer into a report: the response is the result, a
 * status that is not expected is a failure. Redirects are followed, but not those of signed requests: fetch would make a
 * GET without a body of a POST, and who asks for signatures would take that for a delivery.
 */
import { readFileSync } from "node:fs";
import type { Json } from "../../base/words.ts";
import { formatSize } from "../../base/duration.ts";
import { type AttemptReport, bodyText } from "../../protocol/link.ts";
import type { HttpWork } from "../../protocol/work/http.ts";
import type { AttemptContext, Executor } from "../executor.ts";
import { describeBody, readCapped } from "./http-body.ts";
import { parseRetryAfter } from "./retry-after.ts";
import { stoppedOutcome } from "./stopped.ts";

const BODY_BYTES_MAX = 1024 * 1024;
/** Part of an unexpected answer's body that goes to the log. */
const LOGGED_CHARS = 2000;
/** Headers worth keeping in a result. */
const KEPT_HEADERS = ["content-type", "location", "etag", "retry-after"];
/** Client errors that another try can cure: the server was slow, not ready, or busy. */
const RETRYABLE_4XX = new Set([408, 425, 429]);
/** Methods that change nothing need no key against doing it twice. */
const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

export function createHttpExecutor(): Executor {
  return { kind: "http", execute };
}

async function execute(context: AttemptContext): Promise<AttemptReport> {
  const { work } = context.assignment;
  if (work.kind !== "http") throw new Error(`a ${work.kind} task came to the http executor`);
  const begun = performance.now();
  const report = context.signal.aborted ? { outcome: stoppedOutcome(context.signal) } : await send(work.http, context);
  report.durationMs = Math.round((performance.now() - begun) * 1000) / 1000;
  return report;
}

async function send(work: HttpWork, context: AttemptContext): Promise<AttemptReport> {
  const name = requestName(work);
  if (work.sign !== undefined && context.assignment.signature === undefined) {
    const message = `${name} is to be signed, and the server has no secret named ${work.sign}; set callbacks.secrets.${work.sign}`;
    return { outcome: "failed", error: { message, kind: "secret" }, retryable: false };
  }
  let request: Request;
  try {
    request = buildRequest(work, context);
  } catch (error) {
    // fetch explains itself: a body on a GET, a character that no header may hold.
    const message = `${name} is not a request that can be sent: ${(error as Error).message}`;
    return { outcome: "failed", error: { message, kind: "http" }, retryable: false };
  }
  let response: Response | undefined;
  try {
    response = await fetch(request);
    return await describe(work, name, response, context);
  } catch (error) {
    if (context.signal.aborted) return { outcome: stoppedOutcome(context.signal) };
    const what = response === undefined ? "got no answer" : `answered ${response.status}, but its body broke off`;
    return { outcome: "failed", error: { message: `${name} ${what}: ${causeOf(error)}`, kind: "connection" } };
  }
}

function buildRequest(work: HttpWork, { assignment, signal }: AttemptContext): Request {
  const url = new URL(work.url);
  const headers = new Headers(work.headers);
  if (!headers.has("user-agent")) headers.set("user-agent", `octopus/${version()}`);
  // The same for every attempt: a server that knows the header does the work once.
  if (!SAFE_METHODS.has(work.method) && !headers.has("idempotency-key")) headers.set("idempotency-key", assignment.id);
  if (url.username !== "" || url.password !== "") {
    // fetch refuses them in the URL.
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    if (!headers.has("authorization"))
      headers.set("authorization", `Basic ${Buffer.from(credentials).toString("base64")}`);
    url.username = url.password = "";
  }
  const redirect = work.sign === undefined ? "follow" : "manual";
  const init: RequestInit = { method: work.method, headers, signal, redirect };
  if (typeof work.body === "string") init.body = work.body;
  else if (work.body !== undefined) {
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    init.body = bodyText(work.body);
  }
  for (const [header, value] of Object.entries(assignment.signature ?? {})) headers.set(header, value);
  return new Request(url, init);
}

async function describe(
  work: HttpWork,
  name: string,
  response: Response,
  context: AttemptContext,
): Promise<AttemptReport> {
  const bytesMax = work.maxBody ?? BODY_BYTES_MAX;
  const { bytes, truncated } = await readCapped(response, bytesMax);
  const { status, headers } = response;
  const body = describeBody(bytes, truncated, headers.get("content-type"));
  if (truncated) {
    const size = formatSize(bytesMax);
    context.log("log", `the body of the response is longer than ${size} (maxBody); the result holds the first ${size}`);
  }
  const kept: Record<string, string> = {};
  for (const header of KEPT_HEADERS) {
    const value = headers.get(header);
    if (value !== null) kept[header] = value;
  }
  const result: Json = { status, headers: kept, ...body };
  if (isExpected(work, status)) return { outcome: "succeeded", result };

  if (bytes.length > 0 && body.encoding === undefined) {
    const text = typeof body.body === "string" ? body.body : JSON.stringify(body.body);
    context.log("log", text.length > LOGGED_CHARS ? `${text.slice(0, LOGGED_CHARS)}…` : text);
  }
  const expected = work.expect === undefined ? "" : `, expected ${work.expect.join(" or ")}`;
  const message = `${name} answered ${status} ${response.statusText}`.trimEnd() + expected;
  const report: AttemptReport = { outcome: "failed", result, error: { message, kind: "http" }, status };
  const retryAfterMs = parseRetryAfter(headers.get("retry-after"), Date.now());
  if (retryAfterMs !== undefined) report.retryAfterMs = retryAfterMs;
  if (status >= 400 && status < 500 && !RETRYABLE_4XX.has(status)) report.retryable = false;
  return report;
}

function isExpected({ expect, sign }: HttpWork, status: number): boolean {
  return expect === undefined ? status < (sign === undefined ? 400 : 300) : expect.includes(status);
}

/** `POST http://host/path`: without what may hold secrets, the credentials and the query. */
function requestName(work: HttpWork): string {
  const { origin, pathname } = new URL(work.url);
  return `${work.method} ${origin}${pathname}`;
}

/** fetch says only `fetch failed`; what happened stands in its causes. */
function causeOf(error: unknown): string {
  let cause = error as Error & { errors?: Error[] };
  while (cause.cause instanceof Error) cause = cause.cause;
  // A name with several addresses gives one error for each.
  const said = (cause.errors ?? [cause]).map((one) => one.message || (one as NodeJS.ErrnoException).code || one.name);
  return [...new Set(said)].join("; ");
}

let knownVersion: string | undefined;

function version(): string {
  // The package's own file is three folders up, from the source and from what is built of it.
  const file = new URL("../../../package.json", import.meta.url);
  return (knownVersion ??= (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version);
}
