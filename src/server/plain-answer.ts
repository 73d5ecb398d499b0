/**
 * What plain HTTP gets from a port that speaks TLS: a browser a page with the right address, everything else a problem.
 *
 * PA1  What the request says is put into the page only as far as it is a plain address, and never as markup.
 */

const DETAIL = "this server speaks HTTPS: ask with https:// instead of http://";
const PROBLEM = JSON.stringify({
  type: "urn:octopus:error:malformed",
  title: "The request could not be read",
  status: 400,
  detail: DETAIL,
  code: "malformed",
});
const STYLE =
  "body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem;color:#1c2733;background:#fff}" +
  "a{color:#0b57d0;overflow-wrap:anywhere}@media(prefers-color-scheme:dark){body{color:#e3e8ee;background:#12181f}a{color:#8ab4f8}}";
const HOST = /^(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;
const PATH = /^\/[\x21-\x7e]{0,2000}$/;

/** The answer, whole; `begin` is what came first. */
export function plainAnswer(begin: Buffer): string {
  const [first = "", ...lines] = begin.toString("latin1", 0, 16_384).split("\r\n");
  const [method, path = ""] = first.split(" ");
  const header = (name: string): string =>
    lines
      .find((line) => line.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim() ?? "";
  if (method !== "GET" || !/\btext\/html\b/i.test(header("accept"))) return answer("application/problem+json", PROBLEM);
  const host = header("host");
  const isKnown = HOST.test(host) && PATH.test(path); // PA1
  return answer("text/html; charset=utf-8", page(isKnown ? `https://${host}${path}` : undefined));
}

function page(address: string | undefined): string {
  const to = address === undefined ? "" : `<p>Go on at <a href="${escape(address)}">${escape(address)}</a></p>`;
  return (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">' +
    `<title>Octopus speaks HTTPS</title><link rel="icon" href="data:,"><style>${STYLE}</style><main><h1>This server speaks HTTPS</h1>` +
    `<p>The address began with http://, and nothing is answered there.</p>${to}` +
    "<p>The first time the browser may say that it does not know who vouches for this server. The server printed the " +
    "fingerprint of its certificate when it started: it is the same that the browser shows there.</p></main></html>\n"
  );
}

function answer(type: string, body: string): string {
  return (
    `HTTP/1.1 400 Bad Request\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
    "content-security-policy: default-src 'none'; style-src 'unsafe-inline'; img-src data:\r\n" +
    `x-content-type-options: nosniff\r\ncache-control: no-store\r\nconnection: close\r\n\r\n${body}`
  );
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
