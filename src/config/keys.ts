/** The settings as a flat list of dotted keys, read off the schema, and the names of their environment variables. */
import { z } from "zod";
import { ConfigSchema, NAMED, type NamedSection } from "./schema.ts";
import { SecretSchema } from "./sections/work.ts";
import type { About } from "./setting.ts";

export interface Key {
  /** `server.port`; for a setting below a name `arms.<name>.enabled`. */
  key: string;
  /** `OCTOPUS_SERVER_PORT`. */
  variable: string;
  schema: z.ZodType;
  about: About;
}

/** Begins every variable that we read. */
export const PREFIX = "OCTOPUS_";

/** Every key that stands below no chosen name, in the order of the schema. */
export const KEYS: readonly Key[] = walk(ConfigSchema, "");

/** The keys of one arm or pool, or with `<name>` the pattern of them. */
export function namedKeys(section: NamedSection, name = "<name>"): Key[] {
  return walk(NAMED[section].schema, `${section}.${name}`);
}

/** Those of every section of that kind. */
export const NAMED_SECTIONS = Object.keys(NAMED) as readonly NamedSection[];

/** The key of one named secret. */
export function secretKey(name = "<name>"): Key {
  return walk(SecretSchema, `callbacks.secrets.${name}`)[0]!;
}

/** First words of keys: a variable that begins with one of them is meant for us. */
export const SECTIONS: readonly string[] = Object.keys(ConfigSchema.shape);

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

function walk(schema: z.ZodType, prefix: string): Key[] {
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([name, inner]) =>
      walk(inner as z.ZodType, prefix === "" ? name : `${prefix}.${name}`),
    );
  }
  if (schema instanceof z.ZodRecord) return [];
  return [{ key: prefix, variable: variableOf(prefix), schema, about: schema.meta() as unknown as About }];
}
