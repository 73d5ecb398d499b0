/**
 * Where the server of a worker is: said by a join token or an address, on this machine, or heard on the network; in this
 * order. Which of its namespaces: the one that is named, or that stands in the address or in the token.
 *
 * FS1  A server is trusted as a whole, so what is trusted are its addresses without a namespace.
 */
import { readFileSync } from "node:fs";
import { OctopusError } from "../../base/errors.ts";
import { inNamespace, namespaceOfUrl, withoutNamespace } from "../../base/namespace-url.ts";
import type { Loaded } from "../../config/load.ts";
import { groupFingerprint, parseFingerprint, parseJoin } from "../../protocol/join.ts";
import { interfacesOf, listen } from "../../worker/discovery/listen.ts";
import { namesOf, search } from "../../worker/discovery/search.ts";
import type { ServerRef } from "../../worker/reach/server-access.ts";
import { defaultStateDir } from "../../worker/state-folder.ts";
import { TrustedServers } from "../../worker/trusted-servers.ts";
import { textOf, usage } from "../read.ts";
import { answers, onThisMachine } from "./local-server.ts";
import { authorityOf } from "./shown.ts";
import { settleTrust, type TrustOptions } from "./trust.ts";

/** How often this machine is looked at again while the network is listened to. */
const LOCAL_EVERY_MS = 1000;

export interface FoundServer extends ServerRef {
  /** How it was found, for a person. */
  how: string;
}

interface Search {
  loaded: Loaded;
  options: Readonly<Record<string, unknown>>;
  trust: TrustOptions;
  token: string | undefined;
  say: (text: string) => void;
}

export async function findServer(
  loaded: Loaded,
  options: Readonly<Record<string, unknown>>,
  say: (text: string) => void,
): Promise<FoundServer> {
  const { config, origins } = loaded;
  const named = config.namespace ?? undefined;
  const where = origins.get("namespace")?.where;
  const isSaid = origins.get("server.url")?.kind !== "default";
  const said = isSaid ? inNamespace(config.server.url, named, where) : undefined;
  const found = await findRoot(loaded, options, { said, say });
  // Of a token to join with, and of an address, the namespace is known; of a server that was found it is the one that is named.
  const inside = namespaceOfUrl(said ?? "") ?? named;
  return { ...found, urls: found.urls.map((url) => inNamespace(url, inside, where ?? "--server")) };
}

/** `said`: the address that was named. */
async function findRoot(
  loaded: Loaded,
  options: Readonly<Record<string, unknown>>,
  { said, say }: { said: string | undefined; say: (text: string) => void },
): Promise<FoundServer> {
  const { config } = loaded;
  const trust: TrustOptions = {
    fingerprint: fingerprintOf(config.access.fingerprint),
    trustsFirst: options["trustFirst"] === true,
    trusted: new TrustedServers(config.worker.dir ?? defaultStateDir(config.worker.name)),
    say,
  };
  const token = config.access.token ?? undefined;
  // With nothing, a variable of a script was empty: whoever meant to join by a token shall not find another server.
  if (options["join"] === "") throw usage("--join was given nothing; it takes a join token, or @file that holds one");
  if (config.worker.join !== null) return byToken(config.worker.join, said, trust);
  if (said !== undefined) return byAddress(withoutNamespace(said), token, trust);
  return (await local(config, token)) ?? byListening({ loaded, options, trust, token, say });
}

function fingerprintOf(text: string | null): string | undefined {
  if (text === null) return undefined;
  const fingerprint = parseFingerprint(text);
  if (fingerprint === undefined) throw usage(`${JSON.stringify(text)} is no fingerprint: it has 64 hexadecimal digits`);
  return fingerprint;
}

function byToken(text: string, said: string | undefined, { fingerprint }: TrustOptions): FoundServer {
  const join = readJoin(text);
  const own = namespaceOfUrl(join.urls[0]!);
  const urls = said === undefined ? join.urls : [inNamespace(said, own, "the join token")];
  return { urls, fingerprint: join.fingerprint ?? fingerprint, token: join.token, how: "named by its join token" };
}

/** What a join token says; `@file` names the file that holds it. */
export function readJoin(text: string): Exclude<ReturnType<typeof parseJoin>, string> {
  const join = parseJoin(text.startsWith("@") ? readToken(text.slice(1)) : text);
  if (typeof join === "string") throw usage(`the join token cannot be used: ${join}`);
  return join;
}

function readToken(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new OctopusError("invalid", `the join token could not be read from ${path}: ${why}`, { cause });
  }
}

async function byAddress(url: string, token: string | undefined, trust: TrustOptions): Promise<FoundServer> {
  if (!url.startsWith("https:")) return { urls: [url], token, how: "named by its address" };
  const known = trust.fingerprint ?? trust.trusted.at(url)?.fingerprint ?? undefined;
  if (known !== undefined)
    return { urls: [url], fingerprint: known, token, how: shortly("named by its address", known) };
  const fingerprint = await authorityOf(url);
  if (fingerprint === undefined)
    return { urls: [url], token, how: "named by its address; this machine trusts its certificate" };
  await settleTrust({ fingerprint, urls: [url] }, trust);
  return { urls: [url], fingerprint, token, how: shortly("named by its address", fingerprint) };
}

/** A server of this machine is as trustworthy as the machine. */
async function local(config: Loaded["config"], token: string | undefined): Promise<FoundServer | undefined> {
  const own = onThisMachine(config.data.dir);
  const how = "it runs on this machine";
  if (own !== undefined) return token === undefined ? { ...own, how } : { ...own, token, tokenFile: undefined, how };
  if (await answers(config.server.url)) return { urls: [config.server.url], token, how };
  return undefined;
}

async function byListening({ loaded, options, trust, token, say }: Search): Promise<FoundServer> {
  const { config } = loaded;
  const interfaces = interfacesOf(config.server.interfaces);
  say(`No server was named and none runs on this machine; listening for one on ${namesOf(interfaces)}`);
  const listening = await listen(interfaces);
  const over = new AbortController();
  try {
    const heard = search(listening, {
      cluster: textOf(options, "cluster"),
      isKnown: ({ fingerprint = null, cluster, urls }) =>
        trust.fingerprint === undefined
          ? trust.trusted.find({ fingerprint, cluster, urls }) !== undefined
          : fingerprint === trust.fingerprint,
      say,
      signal: over.signal,
    });
    const found = await Promise.race([heard, appears(config, token, over.signal)]);
    if ("how" in found) return found;
    const { cluster, name, urls, fingerprint } = found;
    await settleTrust({ cluster, name, urls, fingerprint: fingerprint ?? null }, trust);
    return { urls, fingerprint, token, how: shortly(`${name}, heard on the network`, fingerprint) };
  } finally {
    over.abort();
    listening.stop();
  }
}

/** A server of this machine that is started later. */
async function appears(config: Loaded["config"], token: string | undefined, signal: AbortSignal): Promise<FoundServer> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, LOCAL_EVERY_MS));
    signal.throwIfAborted();
    const found = await local(config, token);
    if (found !== undefined) return found;
  }
}

function shortly(how: string, fingerprint: string | undefined): string {
  if (fingerprint === undefined) return `${how}; not encrypted`;
  return `${how}; fingerprint ${groupFingerprint(fingerprint.slice(0, 16))} …`;
}
