/** Durations and sizes as people write them: `500ms`, `90s`, `1h30m`, `2 days`; `64kB`, `256KiB`, `1.5G`. */

const UNIT_MS: Record<string, number> = {
  ms: 1,
  s: 1000,
  sec: 1000,
  second: 1000,
  seconds: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
  w: 604_800_000,
  week: 604_800_000,
  weeks: 604_800_000,
};

/** What a duration may look like; for error messages. */
export const DURATION_FORM = "a number with a unit (ms, s, m, h, d, w), such as 500ms, 90s or 1h30m";

/** Milliseconds in `text`, or undefined when it is not a duration. A bare number is not: its unit would be a guess. */
export function parseDuration(text: string): number | undefined {
  const parts = text.trim().matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)\s*/giy);
  let end = 0;
  let total = 0;
  for (const [whole, amount, unit] of parts) {
    const scale = UNIT_MS[unit!.toLowerCase()];
    if (scale === undefined) return undefined;
    total += Number(amount) * scale;
    end += whole.length;
  }
  return end > 0 && end === text.trim().length ? Math.round(total) : undefined;
}

/** The shortest readable form: `450ms`, `2.5s`, `1m05s`, `3h20m`, `2d4h`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds < 10 ? Number(seconds.toFixed(1)) : Math.round(seconds)}s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}m${pad(whole % 60)}s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h${pad(minutes % 60)}m`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)}d${hours % 24}h`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}

const SIZE_UNITS: Record<string, number> = {
  b: 1,
  k: 1000,
  kb: 1000,
  kib: 1024,
  m: 1e6,
  mb: 1e6,
  mib: 1024 ** 2,
  g: 1e9,
  gb: 1e9,
  gib: 1024 ** 3,
};

/** What a size may look like; for error messages. */
export const SIZE_FORM = "a number of bytes, or a number with a unit (kB, KiB, MB, MiB, GB, GiB)";

/** Bytes in `text`, or undefined when it is not a size. */
export function parseSize(text: string): number | undefined {
  const bytes = exactSize(text);
  return bytes === undefined ? undefined : Math.round(bytes);
}

/** An amount of something, in thousandths; undefined when it is none, not above zero, or too much to count. */
export function parseAmount(value: unknown): number | undefined {
  const amount = typeof value === "string" ? exactSize(value) : value;
  const milli = typeof amount === "number" ? Math.round(amount * 1000) : Number.NaN;
  return milli > 0 && Number.isSafeInteger(milli) ? milli : undefined;
}

function exactSize(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text);
  if (!match) return undefined;
  const scale = match[2] === "" ? 1 : SIZE_UNITS[match[2]!.toLowerCase()];
  return scale === undefined ? undefined : Number(match[1]) * scale;
}

/** `900 B`, `64 KiB`, `1.5 GiB`. */
export function formatSize(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value < 10 && unit > 0 ? Number(value.toFixed(1)) : Math.round(value)} ${units[unit]}`;
}
