/**
 * Puts the layers together: flag over environment over file over default. Every problem of every layer is reported at
 * once. What comes out is complete and frozen, and each value's origin is known.
 */
import { availableParallelism, hostname, totalmem } from "node:os";
import { isAbsolute, resolve } from "node:path";
import { type Issue, OctopusError } from "../base/errors.ts";
import { isLoopback } from "../base/loopback.ts";
import { defaultsFor, type Surroundings } from "./defaults.ts";
import { KEYS, type Key, namedKeys, NAMED_SECTIONS, secretKey } from "./keys.ts";
import { type Layer, namedKeyOf, type Origin, type Said, secretNameOf } from "./layer.ts";
import { type Env, readEnv } from "./read-env.ts";
import { findFile, readFile } from "./read-file.ts";
import { type Config, NAMED, type NamedSection } from "./schema.ts";
import { NAME, NAME_FORM } from "./setting.ts";

export interface LoadOptions {
  /** Dotted key to value, from the command line; undefined values were not given. */
  flags?: Record<string, unknown>;
  env?: Env;
  cwd?: string;
  /** The file to read; absent: the nearest one is looked for. */
  file?: string | undefined;
}

export interface Loaded {
  config: Config;
  /** Dotted key to where its value was said, in the order of the schema. */
  origins: ReadonlyMap<string, Origin>;
  /** The file that was read. */
  file: string | undefined;
}

/** Reads all settings, or throws `invalid` with every problem found. */
export function loadConfig(options: LoadOptions = {}): Loaded {
  const cwd = options.cwd ?? process.cwd();
  const issues: Issue[] = [];
  const file = options.file === undefined ? findFile(cwd) : resolve(cwd, options.file);
  const fromFile: Layer = file === undefined ? new Map() : readFile(file, issues);
  const named = namesIn(fromFile);
  const fromEnv = readEnv(
    options.env ?? process.env,
    cwd,
    Object.values(named).flatMap((names) => [...names]),
    issues,
  );
  const fromFlags = readFlags(options.flags ?? {}, cwd);
  const said: Layer = new Map([...fromFile, ...fromEnv, ...fromFlags]);

  const machine = {
    hostname: hostname(),
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
  const defaults = defaultsFor(machine);
  const home = file === undefined ? cwd : resolve(file, "..");
  const byDefault = (value: unknown): Said => ({ value, origin: { kind: "default", where: "default", folder: home } });

  const tree: Record<string, unknown> = { arms: {}, pools: {}, callbacks: { secrets: {} } };
  const origins = new Map<string, Origin>();
  const put = (key: Key, value: Said, path: string[]): void => {
    const read = readOne(key, value, issues);
    origins.set(key.key, value.origin);
    assign(tree, path, read);
  };
  for (const key of KEYS) {
    if (key.key === "server.url" && !said.has(key.key)) continue;
    put(key, said.get(key.key) ?? byDefault(defaults[key.key]), key.key.split("."));
  }
  for (const { section, name, key, fallback } of keysBelowNames(said, machine, issues)) {
    put(key, said.get(key.key) ?? byDefault(fallback), [section, name, key.key.slice(`${section}.${name}.`.length)]);
  }
  const { secrets } = namesIn(said);
  for (const name of secrets) {
    if (!isName(name, "callbacks.secrets", secretNameOf, said, issues)) continue;
    const key = secretKey(name);
    put(key, said.get(key.key)!, ["callbacks", "secrets", name]);
  }
  if (issues.length > 0) throw refusal(issues);
  const config = tree as unknown as Config;
  if (!said.has("server.url")) addUrl(config, origins, home);
  checkTogether(config, origins);
  return { config: freeze(config), origins, file };
}

/** Every key of every arm and pool that somebody named, with its default. */
function* keysBelowNames(
  said: Layer,
  machine: Surroundings,
  issues: Issue[],
): Generator<{ section: NamedSection; name: string; key: Key; fallback: unknown }> {
  const names = namesIn(said);
  for (const section of NAMED_SECTIONS) {
    const own: Record<string, unknown> = NAMED[section].defaults(machine);
    const nameOf = (key: string) => (namedKeyOf(key)?.section === section ? namedKeyOf(key)!.name : undefined);
    for (const name of names[section]) {
      if (!isName(name, section, nameOf, said, issues)) continue;
      for (const key of namedKeys(section, name)) {
        yield { section, name, key, fallback: own[namedKeyOf(key.key)!.field] };
      }
    }
  }
}

function namesIn(layer: Layer): Record<NamedSection | "secrets", Set<string>> {
  const names = { arms: new Set<string>(), pools: new Set<string>(), secrets: new Set<string>() };
  for (const key of layer.keys()) {
    const named = namedKeyOf(key);
    const secret = secretNameOf(key);
    if (named !== undefined) names[named.section].add(named.name);
    if (secret !== undefined) names.secrets.add(secret);
  }
  return names;
}

/** False, with an issue, for what cannot be the name of an arm, a pool or a secret. */
function isName(
  name: string,
  what: string,
  nameOf: (key: string) => string | undefined,
  said: Layer,
  issues: Issue[],
): boolean {
  if (NAME.test(name) && name !== "__proto__") return true;
  const path = [...said].find(([key]) => nameOf(key) === name)![1].origin.where;
  issues.push({ path, message: `${what} has the name ${JSON.stringify(name)}, which must be ${NAME_FORM}` });
  return false;
}

function readFlags(flags: Record<string, unknown>, cwd: string): Layer {
  const layer: Layer = new Map();
  for (const [key, value] of Object.entries(flags)) {
    if (value !== undefined) {
      layer.set(key, { value, origin: { kind: "flag", where: `--${key.split(".").at(-1)}`, folder: cwd } });
    }
  }
  return layer;
}

function readOne({ key, schema, about }: Key, { value, origin }: Said, issues: Issue[]): unknown {
  const read = schema.safeParse(value);
  if (!read.success) {
    const seen = about.secret === true ? "what was given" : (JSON.stringify(value) ?? String(value));
    const from = origin.kind === "env" ? "" : `${key} `;
    issues.push({ path: origin.where, message: `${from}${read.error.issues[0]!.message}, not ${seen}` });
    return undefined;
  }
  return about.path === true ? absolute(read.data, origin.folder) : read.data;
}

function absolute(value: unknown, folder: string): unknown {
  if (Array.isArray(value)) return value.map((item) => absolute(item, folder));
  return typeof value === "string" && !isAbsolute(value) ? resolve(folder, value) : value;
}

function assign(tree: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let at = tree;
  for (const part of path.slice(0, -1)) at = (at[part] ??= {}) as Record<string, unknown>;
  at[path.at(-1)!] = value;
}

/** The address under which a server with this host and port is reached from the same machine. */
function addUrl(config: Config, origins: Map<string, Origin>, folder: string): void {
  const { host, port } = config.server;
  const reachable =
    host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "[::1]" : host.includes(":") ? `[${host}]` : host;
  const { mode } = config.tls;
  const isSecure = mode === "on" || (mode === "auto" && !isLoopback(host));
  (config.server as { url: string }).url = `${isSecure ? "https" : "http"}://${reachable}:${port}`;
  origins.set("server.url", { kind: "default", where: "default", folder });
}

/** Rules that span two settings. */
function checkTogether(config: Config, origins: ReadonlyMap<string, Origin>): void {
  const issues: Issue[] = [];
  const refuse = (key: string, message: string): void => {
    issues.push({ path: origins.get(key)!.where, message });
  };
  const { lease, heartbeat } = config.link;
  if (lease < 2 * heartbeat) {
    refuse("link.lease", `link.lease (${lease} ms) must be at least twice link.heartbeat (${heartbeat} ms)`);
  }
  if ((config.tls.cert === null) !== (config.tls.key === null)) {
    const [said, missing] = config.tls.cert === null ? (["key", "cert"] as const) : (["cert", "key"] as const);
    refuse(`tls.${said}`, `tls.${said} is of no use without tls.${missing}: set both, or none`);
  }
  checkPools(config.pools, refuse);
  if (issues.length > 0) throw refusal(issues);
}

function checkPools(pools: Config["pools"], refuse: (key: string, message: string) => void): void {
  const seen = new Map<string, string>();
  for (const [name, { min, max, labels, scaleUp, scaleDown }] of Object.entries(pools)) {
    const key = `pools.${name}`;
    if (min > max) refuse(`${key}.min`, `${key}.min (${min}) must be at most its max (${max})`);
    const own = JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    const other = seen.get(own);
    if (other !== undefined)
      refuse(`${key}.labels`, `${key}.labels are those of the pool ${other}: a worker is in one`);
    seen.set(own, name);
    if (own === "[]" && (scaleUp !== null || scaleDown !== null)) {
      const why = "by it the pool tells its workers from those that it must leave alone";
      refuse(`${key}.labels`, `${key}.labels must name at least one label when the pool has a command: ${why}`);
    }
  }
}

function refusal(issues: readonly Issue[]): OctopusError {
  const lines = issues.map((issue) => `${issue.path}: ${issue.message}`);
  const text = lines.length === 1 ? lines[0]! : `\n  ${lines.join("\n  ")}`;
  return new OctopusError("invalid", `configuration: ${text}`, { issues });
}

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) freeze(inner);
    Object.freeze(value);
  }
  return value;
}
