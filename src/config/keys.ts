/** The settings as a flat list of dotted keys, read off the schema, and the names of their environment variables. */
import { NAMED, type NamedSection, SETTINGS } from "./schema.ts";
import { secretSetting } from "./sections/work.ts";
import { type About, ByName, type Reader, Setting } from "./setting.ts";

export interface Key {
  /** `server.port`; for a setting below a name `arms.<name>.enabled`. */
  key: string;
  /** `OCTOPUS_SERVER_PORT`. */
  variable: string;
  read: Reader<unknown>;
  about: About;
}

/** Begins every variable that we read. */
export const PREFIX = "OCTOPUS_";

/** Every key that stands below no chosen name, in the order of the schema. */
export const KEYS: readonly Key[] = walk(SETTINGS, "");

/** The keys of one arm or pool, or with `<name>` the pattern of them. */
export function namedKeys(section: NamedSection, name = "<name>"): Key[] {
  return walk(NAMED[section].settings, `${section}.${name}`);
}

/** Those of every section of that kind. */
export const NAMED_SECTIONS = Object.keys(NAMED) as readonly NamedSection[];

/** The key of one named secret. */
export function secretKey(name = "<name>"): Key {
  return keyOf(secretSetting, `callbacks.secrets.${name}`);
}

/** First words of keys: a variable that begins with one of them is meant for us. */
export const SECTIONS: readonly string[] = [...Object.keys(SETTINGS), ...NAMED_SECTIONS];

/** The variable for a key: words in upper case between `_`. */
export function variableOf(key: string): string {
  return (
    PREFIX +
    key
      .replace(/([a-z])([A-Z])/g, "$1_$2")
      .replace(/[^A-Za-z0-9<>]/g, "_")
      .toUpperCase()
  );
}

function walk(settings: object, prefix: string): Key[] {
  return Object.entries(settings).flatMap(([name, inner]: [string, object]) => {
    const key = prefix === "" ? name : `${prefix}.${name}`;
    if (inner instanceof Setting) return [keyOf(inner, key)];
    return inner instanceof ByName ? [] : walk(inner, key);
  });
}

function keyOf({ read, about }: Setting<unknown>, key: string): Key {
  return { key, variable: variableOf(key), read, about };
}
