/** Builds paths with queries. */

export type QueryValue = string | number | boolean | readonly string[] | undefined;

/** `path` with the given values; undefined and false ones are left out, lists stand between commas. */
export function withQuery(path: string, values: Record<string, QueryValue>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === false) continue;
    query.set(name, typeof value === "object" ? value.join(",") : String(value));
  }
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}

/** One segment of a path. */
export function segment(id: string): string {
  return encodeURIComponent(id);
}

/** How long to wait, as the API reads it; nothing for not at all. */
export function waitText(ms: number | undefined): string | undefined {
  return ms === undefined || ms <= 0 ? undefined : `${ms}ms`;
}
