/** A layer of settings: what one source says. Later code only sees keys, values and where each was said. */
import { NAMED, type NamedSection } from "./schema.ts";

const SHAPE = new RegExp(`^(${Object.keys(NAMED).join("|")})\\.(.+)\\.([^.]+)$`);

/** Where a value was said. */
export type OriginKind = "flag" | "env" | "file" | "default";

export interface Origin {
  kind: OriginKind;
  /** As a person would look for it: `--port`, `OCTOPUS_SERVER_PORT`, `octopus.yaml:3`. */
  where: string;
  /** Folder from which a relative path in the value is read. */
  folder: string;
}

export interface Said {
  value: unknown;
  origin: Origin;
}

/** Dotted key to what was said of it. */
export type Layer = Map<string, Said>;

/** A key below a name that people chose (an arm, a pool), taken apart; undefined for others. Names may hold dots; fields may not. */
export function namedKeyOf(key: string): { section: NamedSection; name: string; field: string } | undefined {
  const match = SHAPE.exec(key);
  return match ? { section: match[1] as NamedSection, name: match[2]!, field: match[3]! } : undefined;
}

/** The name in the key of a named secret. */
export function secretNameOf(key: string): string | undefined {
  return /^callbacks\.secrets\.(.+)$/.exec(key)?.[1];
}
