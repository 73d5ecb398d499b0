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
import { layersOfNamespaces, namespaceKeyOf, NAMESPACES } from "./namespaces.ts";
import { type Env, readEnv } from "./read-env.ts";
import { findFile, readFile } from "./read-file.ts";
import { type Config, NAMED, type NamedSection, type Settings } from "./schema.ts";
import { ADAPTER_NAME } from "./sections/adapters.ts";
import { NAME, NAME_FORM, Refusal } from "./setting.ts";

export interface LoadOptions {
  /** Dotted key to value, from the command line; undefined values were not given. */
  flags?: Record<string, unknown>;
  /** Dotted key to the flag as a person writes it, where that is not the key's last word. */
  flagNames?: Readonly<Record<string, string>>;
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
  const fromFlags = readFlags(options, cwd);
  const said: Layer = new Map([...fromFile, ...fromEnv, ...fromFlags]);

  const machine = {
    hostname: hostname(),
    cores: availableParallelism(),
    memoryBytes: totalmem(),
  };
  const home = file === undefined ? cwd : resolve(file, "..");
  const around = { machine, home, issues };
  const top = settingsOf(withoutNamespaces(said), around);
  const origins = new Map(top.origins);
  const namespaces: Record<string, Settings> = {};
  for (const [name, { own, all }] of layersOfNamespaces(said)) {
    const { settings, origins: places } = settingsOf(all, around);
    namespaces[name] = settings;
    for (const key of own.keys()) {
      const place = places.get(key);
      if (place !== undefined) origins.set(`${NAMESPACES}.${name}.${key}`, place);
    }
  }
  // What counts for several namespaces is told once.
  if (issues.length > 0) throw refusal([...new Map(issues.map((one) => [`${one.path} ${one.message}`, one])).values()]);
  return { config: freeze({ ...top.settings, namespaces }), origins, file };
}

function withoutNamespaces(said: Layer): Layer {
  return new Map([...said].filter(([key]) => namespaceKeyOf(key) === undefined));
}

interface Around {
  machine: Surroundings;
  /** Folder of the file, or the current one. */
  home: string;
  issues: Issue[];
}

/** The settings of `default`, or of another namespace: each key with what was said of it, or its default. */
function settingsOf(
  said: Layer,
  { machine, home, issues }: Around,
): { settings: Settings; origins: Map<string, Origin> } {
  const before = issues.length;
  const defaults = defaultsFor(machine);
  const byDefault = (value: unknown): Said => ({ value, origin: { kind: "default", where: "default", folder: home } });
  const none = NAMED_SECTIONS.map((section) => [section, {}] as const);
  const tree: Record<string, unknown> = { ...Object.fromEntries(none), callbacks: { secrets: {} } };
  const origins = new Map<string, Origin>();
  const put = (key: Key, value: Said, path: string[]): void => {
    const read = readOne(key, value, issues);
    origins.set(key.key, value.origin);
    assign(tree, path, read);
  };
  for (const key of KEYS) {
    if (key.key === "server.url" && !said.has(key.key)) continue;
    if (key.key === "schedules.zone" && !said.has(key.key)) {
      origins.set(key.key, byDefault(undefined).origin);
      addZone(tree);
      continue;
    }
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
  const settings = tree as unknown as Settings;
  if (issues.length > before) return { settings, origins };
  if (!said.has("server.url")) addUrl(settings, origins, home);
  checkTogether(settings, origins, issues);
  return { settings, origins };
}

/** Every key of every arm, pool and the like that somebody named, with its default. */
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
  const empty = [...NAMED_SECTIONS, "secrets" as const].map((section) => [section, new Set<string>()] as const);
  const names = Object.fromEntries(empty) as Record<NamedSection | "secrets", Set<string>>;
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

function readFlags({ flags = {}, flagNames = {} }: LoadOptions, cwd: string): Layer {
  const layer: Layer = new Map();
  for (const [key, value] of Object.entries(flags)) {
    if (value !== undefined) {
      const where = flagNames[key] ?? `--${key.split(".").at(-1)}`;
      layer.set(key, { value, origin: { kind: "flag", where, folder: cwd } });
    }
  }
  return layer;
}

function readOne({ key, read: reader, about }: Key, { value, origin }: Said, issues: Issue[]): unknown {
  const read = reader(value);
  if (read instanceof Refusal) {
    const seen = about.secret === true ? "what was given" : (JSON.stringify(value) ?? String(value));
    const from = origin.kind === "env" ? "" : `${key} `;
    issues.push({ path: origin.where, message: `${from}${read.message}, not ${seen}` });
    return undefined;
  }
  if (about.path === undefined) return read;
  return about.path === true ? absolute(read, origin.folder) : absoluteIn(read, about.path, origin.folder);
}

function absolute(value: unknown, folder: string): unknown {
  if (Array.isArray(value)) return value.map((item) => absolute(item, folder));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, absolute(item, folder)]));
  return typeof value === "string" && !isAbsolute(value) ? resolve(folder, value) : value;
}

/** The same for the paths inside of a mapping. */
function absoluteIn(value: unknown, keys: readonly string[], folder: string): unknown {
  if (typeof value !== "object" || value === null) return absolute(value, folder);
  const paths = Object.entries(value).filter(([key]) => keys.includes(key));
  return { ...value, ...Object.fromEntries(paths.map(([key, path]) => [key, absolute(path, folder)])) };
}

function assign(tree: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let at = tree;
  for (const part of path.slice(0, -1)) at = (at[part] ??= {}) as Record<string, unknown>;
  at[path.at(-1)!] = value;
}

/** The machine's zone, asked for by whoever reads it: with it comes all that Node knows of the world's times, 40 ms. */
function addZone(tree: Record<string, unknown>): void {
  let zone: string | undefined;
  const get = (): string => (zone ??= Intl.DateTimeFormat().resolvedOptions().timeZone);
  tree["schedules"] = Object.defineProperty({}, "zone", { get, enumerable: true });
}

/** The address under which a server with this host and port is reached from the same machine. */
function addUrl(config: Settings, origins: Map<string, Origin>, folder: string): void {
  const { host, port } = config.server;
  const reachable =
    host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "[::1]" : host.includes(":") ? `[${host}]` : host;
  const { mode } = config.tls;
  const isSecure = mode === "on" || (mode === "auto" && !isLoopback(host));
  (config.server as { url: string }).url = `${isSecure ? "https" : "http"}://${reachable}:${port}`;
  origins.set("server.url", { kind: "default", where: "default", folder });
}

/** Rules that span two settings. */
function checkTogether(config: Settings, origins: ReadonlyMap<string, Origin>, issues: Issue[]): void {
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
  checkCluster(config.cluster, refuse);
  checkPools(config.pools, refuse);
  for (const name of Object.keys(config.adapters)) {
    const why = "programs call it by that: it must begin with a letter and hold at most 64 letters, digits and _";
    if (!ADAPTER_NAME.test(name))
      refuse(`adapters.${name}.plugin`, `adapters has the name ${JSON.stringify(name)}; ${why}`);
  }
}

function checkCluster(cluster: Settings["cluster"], refuse: (key: string, message: string) => void): void {
  const { nats, journal, user, password, cert, key } = cluster;
  const pairs = { user, password, cert, key };
  if (nats !== null && nats.length === 0)
    refuse("cluster.nats", "cluster.nats names no server: leave it out, or name one");
  if (nats !== null && journal !== null)
    refuse("cluster.journal", "cluster.journal stands beside cluster.nats: a cluster shares one of the two");
  for (const [one, other] of [
    ["user", "password"],
    ["cert", "key"],
  ] as const) {
    if ((pairs[one] === null) === (pairs[other] === null)) continue;
    const [said, missing] = pairs[one] === null ? [other, one] : [one, other];
    refuse(`cluster.${said}`, `cluster.${said} is of no use without cluster.${missing}: set both, or none`);
  }
}

function checkPools(pools: Settings["pools"], refuse: (key: string, message: string) => void): void {
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
    // What is worked out on demand is not asked for here.
    for (const inner of Object.values(Object.getOwnPropertyDescriptors(value))) freeze(inner.value as unknown);
    Object.freeze(value);
  }
  return value;
}
