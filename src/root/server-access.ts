/**
 * What a server needs so that it is not open by accident, out of its settings: tokens and TLS when it listens beyond the
 * loopback address, the first tokens, the file by which this machine's commands find it.
 */
import { hostname } from "node:os";
import { join } from "node:path";
import { isLoopback } from "../base/loopback.ts";
import type { Config } from "../config/schema.ts";
import { removeServerFile, type ServerFile, writeServerFile } from "../config/server-file.ts";
import type { AccessApi, Token } from "../engine/fleet-api.ts";
import type { Log } from "../engine/ports.ts";
import { DEFAULT_NAMESPACE, namespacePrefix } from "../protocol/namespace-name.ts";
import {
  type AccessOptions,
  createToken,
  type HttpServer,
  namesOfMachine,
  openTls,
  type TlsIdentity,
} from "../server/mod.ts";
import { openAudit } from "../store/audit.ts";
import { lazyAudit } from "../store/lazy.ts";

/** Certificates are looked at this often while the server runs. */
const RENEW_EVERY_MS = 12 * 3_600_000;

/** Who may do what in a namespace, and where it is noted. */
export interface Access {
  readonly options: AccessOptions;
  close(): void;
}

/** What all namespaces of a server are reached by. */
export interface Identity {
  readonly tls?: TlsIdentity;
  /** The server listens: renews its certificate from now on, and tells this machine of it. */
  listens(server: HttpServer, url: string): OpenServer;
  close(): void;
}

export interface OpenServer {
  /** Where programs on this machine reach it. */
  url: string;
  fingerprint?: string;
  /** For the worker beside it; absent where none is needed. */
  workerToken?: string;
}

/** Tokens that were made because there were none; shown once. */
export interface FirstTokens {
  admin: string;
  join: string;
}

export function isAccessOn(config: Config): boolean {
  return isOn(config.access.mode, config);
}

export function isTlsOn(config: Config): boolean {
  return isOn(config.tls.mode, config);
}

function isOn(mode: "auto" | "on" | "off", { server }: Config): boolean {
  return mode === "on" || (mode === "auto" && !isLoopback(server.host));
}

/** `config`: the settings as they are for the namespace. */
export function openAccess(config: Config, namespace: string): Access {
  const { dir } = config.data;
  const access = isAccessOn(config);
  const open = namespace === DEFAULT_NAMESPACE ? openAudit : lazyAudit;
  const audit = open(dir === ":memory:" ? dir : join(dir, "audit.db"));
  return {
    options: {
      isOn: access,
      connectionsMax: config.limits.connections,
      requests: config.limits.requests,
      refusals: config.limits.refusals,
      workers: config.access.workers,
      audit,
      auditKeepMs: config.access.audit,
      // Whoever has a token comes from no other web site; without tokens, the name that was asked for gives it away.
      hosts: access ? undefined : hostsOf(config),
    },
    close: () => audit.close(),
  };
}

export async function openIdentity(config: Config, log: Log): Promise<Identity> {
  const { dir } = config.data;
  const access = isAccessOn(config);
  const tls = isTlsOn(config) ? await tlsOf(config) : undefined;
  if (!isLoopback(config.server.host) && !access)
    log.warn({ host: config.server.host }, "no token is asked for: whoever reaches this address can run commands");
  if (access && tls === undefined && !isLoopback(config.server.host))
    log.warn({ host: config.server.host }, "TLS is off: tokens and data can be read on their way");
  let renewing: NodeJS.Timeout | undefined;
  let hasFile = false;
  return {
    ...(tls !== undefined && { tls }),
    listens(server, url) {
      const near = nearUrl(url);
      const trusted = tls === undefined ? {} : { fingerprint: tls.fingerprint };
      const lend = (role: "admin" | "worker"): string => server.lend({ who: "local", role }).token;
      const local = access ? { token: lend("admin"), workerToken: lend("worker") } : {};
      if (dir !== ":memory:") {
        hasFile = tellMachine(dir, { url: near, pid: process.pid, ...trusted, ...local }, log);
      }
      if (tls !== undefined) renewing = setInterval(() => void renew(config, server, log), RENEW_EVERY_MS).unref();
      const worker = { who: "local", role: "worker", worker: config.worker.name } as const;
      return { url: near, ...trusted, ...(access && { workerToken: server.lend(worker).token }) };
    },
    close() {
      clearInterval(renewing);
      if (hasFile) removeServerFile(dir);
    },
  };
}

/** At the first start with access on. `urls`: where whoever joins finds the server. */
export async function firstTokens(
  access: AccessApi,
  meeting: { urls: readonly string[]; fingerprint?: string | undefined },
): Promise<FirstTokens | undefined> {
  if (access.tokens().length > 0) return undefined;
  const how = { by: "first start", now: Date.now(), meeting };
  const { secret: admin } = await createToken(access, { name: "admin", role: "admin" }, how);
  const { join: text } = await createToken(access, { name: "workers", role: "worker" }, how);
  return { admin, join: text! };
}

/** Where whoever joins finds the server. */
export interface Meeting {
  urls: readonly string[];
  fingerprint?: string | undefined;
}

/** Where those of a namespace find it. */
export function meetingOf(name: string, { urls, fingerprint }: Meeting): Meeting {
  return { urls: urls.map((url) => url + namespacePrefix(name)), fingerprint };
}

/** Who makes tokens for workers of pools. */
const POOL = "pool";
/** A worker that lives longer needs another one. */
const POOL_TOKEN_MS = 30 * 86_400_000;

/** A join token for the one worker of that name, in place of those that it had before. */
export async function poolToken(access: AccessApi, worker: string, meeting: Meeting): Promise<string> {
  await revokePoolTokens(access, worker);
  const submission = { name: `pool ${worker}`, role: "worker", worker, expires: POOL_TOKEN_MS } as const;
  return (await createToken(access, submission, { by: POOL, now: Date.now(), meeting })).join!;
}

export async function revokePoolTokens(access: AccessApi, worker: string): Promise<void> {
  const isIts = (token: Token): boolean => token.by === POOL && token.worker === worker && token.revokedAt === 0;
  for (const { token } of access.tokens().filter(isIts)) await access.revokeToken(token);
}

function tlsOf(config: Config): Promise<TlsIdentity> {
  const { cert, key } = config.tls;
  return openTls({ dir: config.data.dir, names: namesOf(config), cert, key, now: Date.now() });
}

async function renew(config: Config, server: HttpServer, log: Log): Promise<void> {
  try {
    server.renew(await tlsOf(config));
  } catch (error) {
    log.error({ err: error }, "the certificate could not be looked at; the present one stays in use");
  }
}

function namesOf({ server, tls }: Config): string[] {
  return [...tls.names, server.name, `${server.name}.local`, `${hostname()}.local`];
}

function hostsOf(config: Config): string[] {
  return namesOfMachine([...namesOf(config), new URL(config.server.url).hostname]);
}

/** Commands can do without the file; a full disk must not keep the server from starting. */
function tellMachine(dir: string, file: ServerFile, log: Log): boolean {
  try {
    writeServerFile(dir, file);
    return true;
  } catch (error) {
    log.warn({ err: error }, "server.json could not be written: commands here need --server and a token");
    return false;
  }
}

/** The same machine reaches a server that listens everywhere by the loopback address. */
function nearUrl(url: string): string {
  return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
}
