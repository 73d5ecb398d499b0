/** The page at `/`: says what runs here, without scripts. */
import type { StatusView } from "../protocol/views.ts";

const STYLE =
  "body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem;color:#1c2733;background:#fff}" +
  "td{padding:.1rem 1.5rem .1rem 0}td:last-child{text-align:right;font-variant-numeric:tabular-nums}a{color:#0b57d0}" +
  "@media(prefers-color-scheme:dark){body{color:#e3e8ee;background:#12181f}a{color:#8ab4f8}}";

const LINKS = [
  ["/ui/", "dashboard"],
  ["/api/v1/tasks", "tasks"],
  ["/api/v1/runs", "runs"],
  ["/api/v1/workers", "workers"],
  ["/api/v1/status", "status"],
  ["/openapi.json", "API description"],
  ["/healthz", "health"],
] as const;

/** `status` is undefined while the engine is not ready; `prefix` stands before the paths of a namespace. */
export function homePage(version: string, status: StatusView | undefined, prefix: string): string {
  const body = status === undefined ? "<p>The engine is not ready. Reload in a moment.</p>" : summary(status);
  return (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">' +
    `<title>Octopus</title><style>${STYLE}</style><h1>Octopus ${escape(version)}</h1>${body}` +
    `<p>${LINKS.map(([path, text]) => `<a href="${prefix}${path}">${text}</a>`).join(" · ")}</p></html>\n`
  );
}

function summary(status: StatusView): string {
  const counts = Object.entries(status.counts).map(([state, count]) => row(state, String(count)));
  const workers = status.workers.map(({ name, state, active, slots }) =>
    row(name, `${state}, ${active} of ${slots} slots busy`),
  );
  return (
    `<p>This server is ${escape(status.state)} since ${escape(status.startedAt)}.</p>` +
    `<h2>Tasks</h2>${table(counts, "There are no tasks yet.")}<h2>Workers</h2>${table(workers, "No worker is connected.")}`
  );
}

function table(rows: readonly string[], none: string): string {
  return rows.length === 0 ? `<p>${none}</p>` : `<table>${rows.join("")}</table>`;
}

function row(name: string, value: string): string {
  return `<tr><td>${escape(name)}</td><td>${escape(value)}</td></tr>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
