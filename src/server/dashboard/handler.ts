/**
 * Serves the dashboard below `/ui/`, and sends browsers there that come to the root. No token is needed: the files are the
 * same for everybody, and what they show is asked for at the API.
 *
 * DH1  Every address below `/ui/` that is no file is a screen: the page itself finds out which.
 * DH2  Where no dashboard was built, a page without scripts says so and how to mend it.
 * DH3  The page names its files by where they lie from its own address, so that it works below `/ns/<name>/` and behind a
 *      proxy that strips a prefix.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import type { ServerScope } from "../scope.ts";
import { MethodError, sendProblem } from "../problem.ts";
import { encodingsOf, takesPage } from "./accepts.ts";
import { findFile, findPage, type FoundFile, INDEX, isAsset } from "./files.ts";
import { SECURITY_HEADERS } from "./headers.ts";
import { missingPage } from "./missing-page.ts";

const ROOT = "/ui";

/** Answers true when the request was for the dashboard, and is taken care of. */
export function createDashboard(scope: ServerScope): (request: IncomingMessage, response: ServerResponse) => boolean {
  const { log } = scope.options;
  return (request, response) => {
    const { url = "" } = request;
    if (url === "/" || url.startsWith("/?")) {
      if (!takesPage(request.headers) || !isRead(request)) return false;
      redirect(response, `.${ROOT}/`);
      return true;
    }
    // Browsers ask for it beside whatever they show; where tokens are asked for, each time would be a refusal.
    if (url === "/favicon.ico" && isRead(request)) {
      redirect(response, `.${ROOT}/octopus.svg`);
      return true;
    }
    if (!url.startsWith(ROOT) || !(url.length === ROOT.length || url[ROOT.length] === "/" || url[ROOT.length] === "?"))
      return false;
    scope.metrics.route(request, `${ROOT}/`);
    serve(scope, request, response).catch((error: unknown) => sendProblem(response, error, log));
    return true;
  };
}

async function serve(
  { prefix, options: { dashboard: folder } }: ServerScope,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { headers, method = "", url = "" } = request;
  const [address = "", query] = url.split("?", 2);
  if (!isRead(request)) throw new MethodError(method, address, "GET, HEAD");
  // Relative, so that it holds behind a proxy that strips a prefix.
  if (address === ROOT) return redirect(response, `.${ROOT}/${query === undefined ? "" : `?${query}`}`);
  const path = address.slice(ROOT.length + 1);
  const encodings = encodingsOf(headers);
  const found = folder === undefined || path === INDEX ? undefined : await findFile(folder, path, encodings);
  if (found !== undefined) return send(request, response, found);
  if (isAsset(path)) return sendText(request, response, 404, "There is no such file. Reload the page.\n", "text/plain");
  const depth = path.split("/").length - 1;
  const index = folder === undefined ? undefined : await findPage(folder, depth);
  if (index !== undefined) return send(request, response, index);
  sendText(request, response, 503, missingPage(prefix), "text/html");
}

function isRead({ method }: IncomingMessage): boolean {
  return method === "GET" || method === "HEAD";
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { ...SECURITY_HEADERS, location, "cache-control": "no-store", "content-length": 0 }).end();
}

function send({ method, headers }: IncomingMessage, response: ServerResponse, file: FoundFile): void {
  if (file.etag !== undefined && headers["if-none-match"]?.split(/ *, */).includes(file.etag) === true) {
    const { vary, etag, "cache-control": cache } = file.headers;
    return void response.writeHead(304, { ...SECURITY_HEADERS, vary, etag, "cache-control": cache }).end();
  }
  response.writeHead(200, { ...SECURITY_HEADERS, ...file.headers });
  if (method === "HEAD") return void response.end();
  const content = file.open();
  if (content instanceof Uint8Array) return void response.end(content);
  // A reader that goes, or a file that is gone: the connection is broken, and nothing stays open.
  pipeline(content, response, () => {});
}

function sendText(
  { method }: IncomingMessage,
  response: ServerResponse,
  status: number,
  text: string,
  type: "text/plain" | "text/html",
): void {
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    "content-type": `${type}; charset=utf-8`,
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
  });
  response.end(method === "HEAD" ? undefined : text);
}
