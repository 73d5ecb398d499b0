/**
 * The answer to a request for a namespace that cannot be had: problem+json as everywhere, and a page for a person whose
 * browser came for a screen.
 *
 * NR1  The page leads to the dashboard of `default` by where that lies from its own address, so that it holds behind a proxy.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { OctopusError } from "../../base/errors.ts";
import { takesPage } from "../dashboard/accepts.ts";
import { SECURITY_HEADERS } from "../dashboard/headers.ts";
import { plainPage, textAsHtml } from "../dashboard/plain-page.ts";
import type { Log } from "../options.ts";
import { problemOf, sendProblem, STATUS_OF } from "../problem.ts";
import { type Place, placeIn } from "./prefix.ts";

const AGAIN_S = 3;

/** A person looks at the answer. */
export function isForPerson({ method, headers }: IncomingMessage): boolean {
  return (method === "GET" || method === "HEAD") && takesPage(headers);
}

/** `url`: as the request came, with the namespace in it. */
export function refuseNamespace(
  request: IncomingMessage,
  response: ServerResponse,
  { url, error, log }: { url: string; error: unknown; log: Log },
): void {
  // Nobody reads the rest of its body.
  if (!request.complete) response.setHeader("connection", "close");
  const place = placeIn(url);
  const isScreen = place !== undefined && isForPerson(request) && /^(\/?$|\/?\?|\/ui(\/|\?|$))/.test(place.rest);
  if (!isScreen || !(error instanceof OctopusError) || !(error.code === "no_namespace" || error.code === "not_ready"))
    return sendProblem(response, error, log);
  const { status, headers } = problemOf(error, log);
  const page = pageOf(error, place);
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    ...headers,
    "content-type": "text/html; charset=utf-8",
    "content-length": Buffer.byteLength(page),
    "cache-control": "no-store",
  });
  response.end(request.method === "HEAD" ? undefined : page);
}

function pageOf({ code, message }: OctopusError, { name, rest }: Place): string {
  const isLate = code === "not_ready";
  const [, title] = STATUS_OF[code];
  const path = `/ns${name === "" ? "" : `/${name}`}${rest.replace(/[?#].*$/s, "")}`;
  const home = `${"../".repeat(path.split("/").length - 2)}ui/`;
  const words = `<p>${textAsHtml(message)}.</p>`;
  const way = `<p><a href="${home}">The dashboard of <code>default</code></a> shows the namespaces that there are.</p>`;
  return plainPage({
    title: isLate ? "This namespace is not served now" : title,
    body: words + (isLate ? "<p>This page asks again by itself.</p>" : way),
    ...(isLate && { againS: AGAIN_S }),
  });
}
