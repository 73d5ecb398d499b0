/** The loaded settings as rows for people: key, value in the form a file would give it, origin. Secrets are masked. */
import { formatDuration, formatSize, parseDuration } from "../base/duration.ts";
import { KEYS, type Key, namedKeys, NAMED_SECTIONS, secretKey } from "./keys.ts";
import type { Loaded } from "./load.ts";
import { NAMESPACES } from "./namespaces.ts";
import type { Config, Settings } from "./schema.ts";

export interface Entry {
  key: string;
  value: string;
  origin: string;
}

/** Every setting, in the order of the schema; of namespaces what is said for them alone. */
export function entriesOf({ config, origins }: Loaded): Entry[] {
  const above = (key: string): Entry["origin"] => origins.get(key)?.where ?? "default";
  const below = Object.entries(config.namespaces).flatMap(([name, settings]) =>
    rowsOf(settings).flatMap(({ key, value }): Entry[] => {
      const whole = `${NAMESPACES}.${name}.${key}`;
      const origin = origins.get(whole);
      return origin === undefined ? [] : [{ key: whole, value, origin: origin.where }];
    }),
  );
  return [...rowsOf(config).map((row) => ({ ...row, origin: above(row.key) })), ...below];
}

function rowsOf(settings: Settings): Omit<Entry, "origin">[] {
  const named = NAMED_SECTIONS.flatMap((section) =>
    Object.keys(settings[section]).flatMap((name) =>
      namedKeys(section, name).map((key) => ({
        key,
        path: [section, name, key.key.slice(`${section}.${name}.`.length)],
      })),
    ),
  );
  const secrets = Object.keys(settings.callbacks.secrets).map((name) => ({
    key: secretKey(name),
    path: ["callbacks", "secrets", name],
  }));
  const all = [...KEYS.map((key) => ({ key, path: key.key.split(".") })), ...secrets, ...named];
  return all.map(({ key, path }) => ({ key: key.key, value: maskSecrets(written(key, valueAt(settings, path))) }));
}

/**
 * Hides the password of an address, also one with an `@` in it, and the token that stands alone before the host where no
 * names do; settings that are secrets as a whole are never written.
 */
export function maskSecrets(text: string): string {
  return text
    .replace(/(\w+:\/\/[^/:@\s]*):[^/\s]+@/g, "$1:********@")
    .replace(/\b((?:nats|tls|https?):\/\/)[^/:@\s]+@/g, "$1********@");
}

function valueAt(config: unknown, path: readonly string[]): unknown {
  let at = config;
  for (const part of path) at = (at as Record<string, unknown>)[part];
  return at;
}

/** Milliseconds and bytes get their unit back, told by the form of the documented default. */
function written(key: Key, value: unknown): string {
  if (value === null) return "none";
  if (key.about.secret === true) return "********";
  if (key.key.endsWith(".resources")) return offersText(value as Config["worker"]["resources"]);
  if (key.key.endsWith(".labels")) return labelsText(value as Record<string, string>);
  if (key.key.endsWith(".rate")) return rateText(value as { limit: number; perMs: number; burst: number });
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.join(",");
  if (typeof value !== "number") return typeof value === "string" ? value : JSON.stringify(value);
  const { shown } = key.about;
  if (/^\d+(KiB|MiB|GiB)$/.test(shown)) return formatSize(value).replace(" ", "");
  if (/^\d+(ms|s|m|h|d)$/.test(shown) || /\.(timeout|aging)$/.test(key.key)) return exactDuration(value);
  return String(value);
}

/** Offers as a file or a variable would give them. */
export function offersText({ amounts, units }: Config["worker"]["resources"]): string {
  const pairs = Object.entries(amounts).map(([name, milli]) => {
    const names = units[name];
    return `${name}=${names === undefined ? milli / 1000 : `[${names.join(",")}]`}`;
  });
  return pairs.join(",") || "none";
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return pairs.join(",") || "none";
}

function rateText({ limit, perMs, burst }: { limit: number; perMs: number; burst: number }): string {
  return `${limit}/${exactDuration(perMs)}${burst === limit ? "" : `/${burst}`}`;
}

/** A duration in words when those say it exactly, in milliseconds when not. */
function exactDuration(ms: number): string {
  for (const [unit, scale] of [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["m", 60_000],
    ["s", 1000],
  ] as const) {
    if (ms > 0 && ms % scale === 0) return `${ms / scale}${unit}`;
  }
  const words = formatDuration(ms);
  return parseDuration(words) === ms ? words : `${ms}ms`;
}
