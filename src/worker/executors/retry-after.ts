/** Reads `Retry-After`: seconds, or the moment from which another request is welcome. */

/** Milliseconds to wait from `now`, or undefined when the header is absent or says nothing. */
export function parseRetryAfter(value: string | null, now: number): number | undefined {
  const text = value?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000);
  // A date has letters: `Date.parse` would take a bare number for a year.
  const at = /[a-z]/i.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
