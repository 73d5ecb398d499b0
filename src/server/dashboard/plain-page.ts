/** Pages without scripts, for browsers that come where no screen of the dashboard can be shown. */

const STYLE =
  "body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem;color:#1c2733;background:#fff}" +
  "a{color:#0b57d0}code{font-size:.9em}" +
  "@media(prefers-color-scheme:dark){body{color:#e3e8ee;background:#12181f}a{color:#8ab4f8}}";

export interface PlainPage {
  title: string;
  /** Paragraphs, in HTML. */
  body: string;
  /** It asks again by itself after so long. */
  againS?: number;
}

export function plainPage({ title, body, againS }: PlainPage): string {
  const again = againS === undefined ? "" : `<meta http-equiv="refresh" content="${againS}">`;
  return (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">' +
    `${again}<title>Octopus</title><link rel="icon" href="data:,"><style>${STYLE}</style><main><h1>${title}</h1>` +
    `${body}</main></html>\n`
  );
}

/** Text as HTML; what stands between backticks is code. */
export function textAsHtml(text: string): string {
  const safe = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
  return safe.replace(/`([^`]*)`/g, "<code>$1</code>");
}
