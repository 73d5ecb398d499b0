/** The one-line form of an HTTP request: `METHOD URL [BODY]`; a bare URL is a GET. */
export function parseHttpLine(line: string): { method: string; url: string; body?: unknown } {
  const match = /^\s*(?:([A-Za-z]+)\s+)?(\S+)(?:\s+([\s\S]+?))?\s*$/.exec(line);
  if (!match) return { method: "GET", url: line };
  const [, method = "GET", url, body] = match;
  return body === undefined ? { method, url: url! } : { method, url: url!, body: bodyOf(body) };
}

/** JSON when it reads as JSON, so that it is sent with the JSON content type; text otherwise. */
function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
