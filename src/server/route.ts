/**
 * One way to write a route: its documentation and its validation are the same Zod schemas. Owns how parameters, query
 * and body are read and refused; the routes themselves are in `routes/`.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { HttpBindings } from "@hono/node-server";
import type { Context, MiddlewareHandler } from "hono";
import { assert } from "../base/assert.ts";
import { type ErrorCode, OctopusError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import type { Principal } from "../protocol/access.ts";
import { parse, show } from "../protocol/parse.ts";
import { Problem } from "../protocol/views.ts";
import type { AccessRole } from "../base/words.ts";
import { type Admission, admit, audited, roleOf } from "./access/admit.ts";
import { parseJson, readBody, textOf } from "./body.ts";
import { STATUS_OF } from "./problem.ts";
import type { ServerScope } from "./scope.ts";

export type Env = { Bindings: HttpBindings };
export type App = OpenAPIHono<Env>;
export const BASE = "/api/v1";

/** Largest body of a command unless its route says otherwise: such bodies hold a reason or a number. */
const COMMAND_BYTES_MAX = 64 * 1024;

/** What stands under a status of success: a schema of JSON, or a content type. */
interface Answer {
  status: 200 | 201 | 202 | 204;
  schema?: z.ZodType;
  type?: string;
  description: string;
}

/** `path` as in OpenAPI: `/tasks/{id}`. `{path}` takes the rest, slashes included. */
export interface RouteOptions<Q extends z.ZodObject, B extends z.ZodType> extends Admission {
  /** It stands at the root, and not under `/api/v1`. */
  isAtRoot?: true;
  tag: string;
  summary: string;
  description?: string;
  query?: Q;
  /** Schema of a JSON body. Where it accepts `{}`, the body may be left out. */
  body?: B;
  /** Largest body, where that is more than a command's. */
  bodyBytes?: number;
  /** Content type of the body where it is not JSON; the route reads it. */
  bodyType?: string;
  answer: Answer;
  /** Another status of success. */
  otherwise?: Answer;
  /** Refusals beyond those that every route has. */
  errors?: readonly ErrorCode[];
}

/** What a handler gets, already validated. */
export interface Call<Q, B> {
  /** The path's `id`, `name` or `owner`. */
  readonly id: string;
  /** The path's `{path}`. */
  readonly rest: string;
  readonly query: Q;
  readonly body: B;
  /** Who asks. */
  readonly principal: Principal;
  readonly context: Context<Env>;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

const SCOPES = new WeakMap<App, ServerScope>();

/** Says to which server the routes of the app belong. To be called before the first is added. */
export function bindScope(app: App, scope: ServerScope): App {
  SCOPES.set(app, scope);
  return app;
}

function scopeOf(app: App): ServerScope {
  const scope = SCOPES.get(app);
  assert(scope !== undefined, "the app belongs to no server");
  return scope;
}

/** Refuses whoever has not this role; for routes that stand beside the API. */
export function requireRole(scope: ServerScope, role: AccessRole): MiddlewareHandler<Env> {
  return async (context, next) => {
    const request = context.env.incoming;
    scope.guard.check(scope.guard.of(request), role, request);
    await next();
  };
}

/** A route that reads its request itself: what it needs is as documented, who asks is told to it. */
export function serve(
  app: App,
  route: Admission,
  handle: (context: Context<Env>, principal: Principal) => Promise<Response>,
): void {
  const scope = scopeOf(app);
  app.on(route.method.toUpperCase(), BASE + route.path, (context) => {
    const request = context.env.incoming;
    scope.metrics.route(request, BASE + route.path);
    const principal = admit(scope, route, request, "");
    return audited(scope, route, { request, principal, id: "" }, () => handle(context, principal));
  });
}

/** Adds a route under `/api/v1`. */
export function addRoute<Q extends z.ZodObject = z.ZodObject<{}>, B extends z.ZodType = z.ZodUndefined>(
  app: App,
  route: RouteOptions<Q, B>,
  handle: (call: Call<z.output<Q>, z.output<B>>) => Response | Promise<Response>,
): void {
  document(app, route);
  const scope = scopeOf(app);
  const base = baseOf(route);
  const path = route.path.replace("{path}", ":path{[^]+}").replace(/\{(id|name|owner|hash)\}/g, ":$1");
  app.on(route.method.toUpperCase(), base + path, async (context) => {
    const { incoming: request, outgoing: response } = context.env;
    const id = context.req.param("id") ?? context.req.param("name") ?? context.req.param("owner") ?? "";
    scope.metrics.route(request, base + route.path);
    const principal = admit(scope, route, request, id);
    const query = readQuery(route.query, context);
    const body = route.body === undefined ? undefined : await readCommand(route.body, request, route.bodyBytes);
    const call = {
      id,
      rest: context.req.param("path") ?? "",
      query: query as z.output<Q>,
      body: body as z.output<B>,
      principal,
      context,
      request,
      response,
    };
    return audited(scope, route, call, () => handle(call));
  });
}

function baseOf({ isAtRoot }: { isAtRoot?: true }): string {
  return isAtRoot === true ? "" : BASE;
}

/** What is to be described of an app, once somebody asks: with many namespaces, descriptions would be most of their memory. */
const UNDESCRIBED = new WeakMap<App, (() => void)[]>();

/** Adds the route to the OpenAPI document only; something else serves it. */
export function document<Q extends z.ZodObject, B extends z.ZodType>(app: App, route: RouteOptions<Q, B>): void {
  const waiting = UNDESCRIBED.get(app) ?? [];
  if (waiting.push(() => describe(app, route)) === 1) UNDESCRIBED.set(app, waiting);
}

/** To be called before the document is read. */
export function describeAll(app: App): void {
  for (const add of UNDESCRIBED.get(app)?.splice(0) ?? []) add();
}

function describe<Q extends z.ZodObject, B extends z.ZodType>(app: App, route: RouteOptions<Q, B>): void {
  const parameters = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const usual = [
    "unauthorized",
    "forbidden",
    "too_many",
    "not_ready",
    "not_leader",
    "outcome_unknown",
    "internal",
  ] as const;
  const errors = new Set<ErrorCode>([...usual, ...(route.errors ?? [])]);
  if (route.query !== undefined || route.body !== undefined) errors.add("invalid");
  if (route.body !== undefined) errors.add("malformed").add("unsupported_type").add("too_large");
  if (route.bodyType !== undefined) errors.add("too_large");
  if (parameters[0] === "id") errors.add("not_found");
  const bodySchema = route.bodyType === undefined ? route.body : z.string();
  app.openAPIRegistry.registerPath({
    method: route.method,
    path: baseOf(route) + route.path,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    "x-octopus-role":
      route.isOpen === true ? "anybody" : route.orWorker === true ? `${roleOf(route)} or worker` : roleOf(route),
    request: {
      ...(parameters.length > 0 && {
        params: z.object(Object.fromEntries(parameters.map((one) => [one, z.string()]))),
      }),
      ...(route.query === undefined ? {} : { query: route.query }),
      ...(bodySchema !== undefined && {
        body: { content: { [route.bodyType ?? "application/json"]: { schema: bodySchema } } },
      }),
    },
    responses: {
      ...successOf(route.answer),
      ...(route.otherwise && successOf(route.otherwise)),
      ...problemResponses(errors),
    },
  });
}

function successOf({ status, schema, type, description }: Answer): Record<number, { description: string }> {
  const content =
    schema !== undefined
      ? { "application/json": { schema } }
      : type !== undefined && { [type]: { schema: z.string() } };
  return { [status]: { description, ...(content && { content }) } };
}

function problemResponses(codes: ReadonlySet<ErrorCode>): Record<string, object> {
  const responses: Record<string, { description: string; content: object }> = {};
  for (const code of codes) {
    const [status, title] = STATUS_OF[code];
    const before = responses[status];
    const description = before === undefined ? `\`${code}\`: ${title}` : `${before.description}; \`${code}\`: ${title}`;
    responses[status] = { description, content: { "application/problem+json": { schema: Problem } } };
  }
  return responses;
}

/** Reads the query, refusing names that the route does not know and names that stand there twice. */
function readQuery(schema: z.ZodObject | undefined, context: Context<Env>): unknown {
  const known = Object.keys(schema?.shape ?? {});
  const seen: Record<string, string> = {};
  for (const [name, values] of Object.entries(context.req.queries())) {
    if (!known.includes(name)) throw unknownParameter(name, known);
    if (values.length > 1)
      throw queryError(name, `is given ${values.length} times; give it once, with commas between values`);
    seen[name] = values[0]!;
  }
  return schema === undefined ? {} : parse(schema, seen);
}

function unknownParameter(name: string, known: readonly string[]): OctopusError {
  const near = nearest(name, known);
  const allowed = known.length === 0 ? "this route takes none" : `known are ${known.join(", ")}`;
  return queryError(name, `is not a query parameter here: ${near === undefined ? allowed : `did you mean ${near}?`}`);
}

function queryError(name: string, message: string): OctopusError {
  return new OctopusError("invalid", `${name} ${message}`, { issues: [{ path: name, message }] });
}

/** Reads a small JSON body. */
async function readCommand(schema: z.ZodType, request: IncomingMessage, bytesMax?: number): Promise<unknown> {
  const bytes = await readBody(request, bytesMax ?? COMMAND_BYTES_MAX);
  if (bytes.length === 0) return parse(schema, {});
  expectType(request, ["application/json"]);
  return parse(schema, parseJson(textOf(bytes)));
}

/** The content type of a request, which must be one of `allowed`. */
export function expectType(request: IncomingMessage, allowed: readonly string[]): string {
  const header = request.headers["content-type"] ?? "";
  const type = header.split(";", 1)[0]!.trim().toLowerCase();
  if (allowed.includes(type)) return type;
  const seen = type === "" ? "is missing" : `is ${show(header)}`;
  throw new OctopusError("unsupported_type", `the content type ${seen}; send ${allowed.join(" or ")}`);
}

/** A JSON answer out of a value. */
export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return jsonText(JSON.stringify(value), status, headers);
}

/** A JSON answer out of text that is JSON already. */
export function jsonText(text: string, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(text, { status, headers: { "content-type": "application/json", ...headers } });
}
