/**
 * Connections to NATS.
 *
 * NC1  A connection that was made once is made anew for ever, to whichever of the servers answers, with credentials that are
 *      read from their files again each time: keys may be exchanged while it runs.
 * NC2  A server that is silent is noticed within about `PING_MS * (PINGS_MAX + 1)`, also where no packet says so.
 * NC3  A connection that was closed keeps no process from ending, whatever its server does.
 */
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { type ConnectionOptions as SecureOptions, checkServerIdentity } from "node:tls";
import {
  type ConnectionOptions,
  type NatsConnection,
  type TlsOptions,
  connect,
  credsAuthenticator,
  nkeyAuthenticator,
} from "@nats-io/transport-node";
import { OctopusError } from "../base/errors.ts";
import type { NatsSettings } from "./settings.ts";
import { connectionError } from "./words.ts";

const PING_MS = 2000;
const PINGS_MAX = 2;
const HANDSHAKE_MS_MAX = 5000;
const RECONNECT_MS = 200;
const FIRST_AGAIN_MS = 250;

export interface ConnectOptions {
  /** How long a server that does not answer is tried for; a refusal ends it at once. */
  withinMs?: number;
  /** Told once why it takes long, for whoever sits before a start that does nothing. */
  say?: (words: string) => void;
}

/** `name`: what the NATS server shows of this connection. */
export async function connectTo(
  settings: NatsSettings,
  name: string,
  { withinMs = 0, say }: ConnectOptions = {},
): Promise<NatsConnection> {
  const doing = `connect to ${addressesOf(settings)}`;
  const options = connectionOptions(settings, name);
  const deadline = performance.now() + withinMs;
  for (let isFirst = true; ; isFirst = false) {
    try {
      return endsWhole(await connect(options));
    } catch (thrown) {
      const error = connectionError(thrown, doing);
      if (!error.retryable || performance.now() >= deadline) throw error;
      if (isFirst) say?.(`${error.message}; it is tried for ${Math.round(withinMs / 1000)} s`);
      await delay(FIRST_AGAIN_MS);
    }
  }
}

/** What the client keeps of the connection that it has, or is just making. */
interface Inside {
  protocol?: { transport?: { socket?: { destroy(): void } } };
}

/** Closed while it is being made anew, the client forgets its socket when the server said nothing yet, and that keeps a process. */
function endsWhole(connection: NatsConnection): NatsConnection {
  const close = connection.close.bind(connection);
  connection.close = async () => {
    await close();
    (connection as Inside).protocol?.transport?.socket?.destroy();
  };
  return connection;
}

/** Where, for people: without what may stand before an `@`. */
export function addressesOf({ servers }: Pick<NatsSettings, "servers">): string {
  return servers.map((server) => parsed(server).host).join(", ");
}

function connectionOptions(settings: NatsSettings, name: string): ConnectionOptions {
  const servers = settings.servers.map(parsed);
  const all: NatsSettings = { ...servers.find((server) => server.login !== undefined)?.login, ...settings };
  return {
    servers: servers.map(({ host }) => host),
    name,
    ...credentials(all),
    ...certificates(all, servers),
    ...{ maxReconnectAttempts: -1, ignoreAuthErrorAbort: true, noAsyncTraces: true },
    ...{ reconnectTimeWait: RECONNECT_MS, reconnectJitter: RECONNECT_MS, reconnectJitterTLS: RECONNECT_MS },
    ...{ pingInterval: PING_MS, maxPingOut: PINGS_MAX, timeout: HANDSHAKE_MS_MAX },
  };
}

/** The client reads these files itself at each connection; here it is only seen that they are there. */
function certificates({ ca, cert, key }: NatsSettings, servers: readonly Server[]): ConnectionOptions {
  for (const [what, file] of Object.entries({ ca, cert, key })) if (file !== undefined) contentOf(what, file);
  const addresses = servers.map(({ address }) => address).filter((address) => isIP(address) !== 0);
  const tls: TlsOptions & Pick<SecureOptions, "checkServerIdentity"> = {
    ...(ca !== undefined && { caFile: ca }),
    ...(cert !== undefined && { certFile: cert }),
    ...(key !== undefined && { keyFile: key }),
    // The client gives the name "localhost" for every server that is named by its address.
    checkServerIdentity(name, certificate) {
      if (name !== "localhost" || addresses.length === 0) return checkServerIdentity(name, certificate);
      const faults = addresses.map((address) => checkServerIdentity(address, certificate));
      return faults.includes(undefined) ? undefined : faults[0];
    },
  };
  // Where TLS is not asked for, it is used with servers that offer it.
  const isAsked = servers.some((server) => server.tls) || ca !== undefined || cert !== undefined;
  return isAsked ? { tls } : {};
}

function credentials({ creds, nkey, token, user, password }: NatsSettings): ConnectionOptions {
  if (creds !== undefined) {
    contentOf("creds", creds);
    return { authenticator: credsAuthenticator(() => contentOf("creds", creds)) };
  }
  if (nkey !== undefined) {
    const seed = () => new TextEncoder().encode(contentOf("nkey", nkey).toString("utf8").trim());
    if (!/^SU[A-Z2-7]{56}$/.test(new TextDecoder().decode(seed()))) {
      throw new OctopusError("invalid", `${nkey} holds no seed of a user's nkey: one line that begins with "SU"`);
    }
    return { authenticator: nkeyAuthenticator(seed) };
  }
  if (user !== undefined) return { user, pass: password ?? "" };
  return token === undefined ? {} : { token };
}

function contentOf(what: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new OctopusError("invalid", `the file "${file}" (${what} for NATS) cannot be read: ${why}`, { cause });
  }
}

interface Server {
  /** `host:port`, as the client takes it. */
  host: string;
  /** The host alone. */
  address: string;
  tls: boolean;
  login?: { user: string; password: string } | { token: string };
}

function parsed(address: string): Server {
  const url = URL.parse(/^[a-z]+:\/\//.test(address) ? address : `nats://${address}`);
  if (url === null || !["nats:", "tls:"].includes(url.protocol) || url.hostname === "") {
    const shown = address.replace(/\/\/[^@/]*@/, "//***@");
    throw new OctopusError(
      "invalid",
      `"${shown}" is no address of a NATS server: "host:port", "nats://…" or "tls://…"`,
    );
  }
  const { hostname, port, username, password } = url;
  return {
    ...{ host: `${hostname}:${port === "" ? "4222" : port}`, tls: url.protocol === "tls:" },
    address: hostname.replace(/^\[|\]$/g, ""),
    ...(username !== "" && { login: loginOf(decodeURIComponent(username), decodeURIComponent(password)) }),
  };
}

/** A name alone is a token, as in NATS's own tools. */
function loginOf(user: string, password: string): NonNullable<Server["login"]> {
  return password === "" ? { token: user } : { user, password };
}
