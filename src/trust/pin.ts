/**
 * How a client or a worker knows a server by the fingerprint of its certificate authority, without anything installed on
 * its machine. Owns the first look at a server's chain and what later connections check; the fingerprint comes from whoever
 * was told it.
 *
 * PN1  Nothing secret is sent on a connection whose chain was not checked: the look is a connection of its own, which says
 *      nothing, and every later one is checked by OpenSSL against the one certificate that was pinned.
 * PN2  A name that the certificate does not hold for is refused, unless the authority is one that Octopus made: that one has
 *      signed for one server alone.
 */
import type { ConnectionOptions, DetailedPeerCertificate, PeerCertificate, TLSSocket } from "node:tls";
import { OctopusError } from "../base/errors.ts";
import { groupFingerprint } from "../base/fingerprint.ts";

/** Common name of the authorities that servers make for themselves. */
export const AUTHORITY_NAME = "Octopus certificate authority";

const LOOK_MS_MAX = 10_000;

/** What a server shows of itself. */
export interface Chain {
  /** The server's own certificate first. */
  certificates: { fingerprint: string; pem: string; name: string }[];
  /** Fingerprint of the topmost one: what people compare. */
  fingerprint: string;
}

/** What connections to a pinned server are made with. */
export type Pinned = Required<Pick<ConnectionOptions, "ca" | "allowPartialTrustChain" | "checkServerIdentity">> & {
  /** Said, because NODE_TLS_REJECT_UNAUTHORIZED=0 would have nothing checked otherwise. */
  rejectUnauthorized: true;
};

/** Node's modules, taken from `process`: a bundler for browsers finds nothing of Node here. */
const tls = (): typeof import("node:tls") => process.getBuiltinModule("node:tls");

/** SHA-256 of a certificate's DER in lower-case hex. */
export function fingerprintOf(der: Uint8Array): string {
  return process.getBuiltinModule("node:crypto").hash("sha256", der, "hex");
}

/** Fingerprint of the certificate that the server of this connection showed as its own; `""` without TLS. */
export function leafFingerprint(socket: object): string {
  const certificate = (socket as Partial<TLSSocket>).getPeerX509Certificate?.();
  return certificate === undefined ? "" : fingerprintOf(certificate.raw);
}

/** Looks at the certificates of the server at an https address, and sends it nothing. */
export function lookAt(url: URL): Promise<Chain> {
  return new Promise((resolve, reject) => {
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const socket = tls().connect({
      host,
      port: Number(url.port || 443),
      ...(isName(host) && { servername: host }),
      // The look is for finding out whom to trust; nothing is sent, and the connection ends at once.
      rejectUnauthorized: false,
      ALPNProtocols: ["http/1.1"],
    });
    const end = (error: OctopusError): void => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(LOOK_MS_MAX, () => end(noAnswer(url, `nothing came within ${LOOK_MS_MAX / 1000} s`)));
    socket.once("error", (error: NodeJS.ErrnoException) => end(noAnswer(url, reasonOf(error), error)));
    socket.once("secureConnect", () => {
      const chain = chainOf(socket.getPeerCertificate(true));
      if (chain === undefined) return end(noAnswer(url, "it showed no certificate"));
      socket.destroy();
      resolve(chain);
    });
  });
}

/** Looks at the server once; answers what makes every later connection safe. Throws when it is another server. */
export async function pin(url: URL, fingerprint: string): Promise<Pinned> {
  const chain = await lookAt(url);
  const pinned = chain.certificates.find((one) => one.fingerprint === fingerprint);
  if (pinned === undefined) throw notThatServer(url, fingerprint, chain);
  const isOwn = pinned === chain.certificates[0] || pinned.name === AUTHORITY_NAME;
  return {
    ca: pinned.pem,
    allowPartialTrustChain: true,
    rejectUnauthorized: true,
    checkServerIdentity: isOwn ? () => undefined : (name, certificate) => tls().checkServerIdentity(name, certificate),
  };
}

/** What a failure to get a connection means in words; undefined for what has nothing to do with certificates. */
export function certificateTrouble(error: { code?: string; message?: string }): string | undefined {
  switch (error.code) {
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
      return "its certificate is signed by an authority that is not known here; when it is an Octopus server, give access.fingerprint (OCTOPUS_ACCESS_FINGERPRINT) the fingerprint that it printed at its start";
    case "CERT_HAS_EXPIRED":
      return "its certificate has expired; an Octopus server renews its own when it starts";
    case "CERT_NOT_YET_VALID":
      return "its certificate is not valid yet; are the clocks of both machines right?";
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return "its certificate is for another name; tls.names adds names to the certificate that a server makes";
    case "EPROTO":
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_PACKET_LENGTH_TOO_LONG":
      return "it does not speak TLS; try http:// instead of https://";
    case undefined:
    default:
      return undefined;
  }
}

function reasonOf(error: NodeJS.ErrnoException): string {
  return certificateTrouble(error) ?? error.code ?? error.message;
}

function chainOf(leaf: DetailedPeerCertificate): Chain | undefined {
  const certificates: Chain["certificates"] = [];
  const seen = new Set<string>();
  for (let one: DetailedPeerCertificate | undefined = leaf; one?.raw !== undefined; one = one.issuerCertificate) {
    const fingerprint = fingerprintOf(one.raw);
    if (seen.has(fingerprint)) break;
    seen.add(fingerprint);
    certificates.push({ fingerprint, pem: pemOf(one), name: nameOf(one) });
  }
  const top = certificates.at(-1);
  return top && { certificates, fingerprint: top.fingerprint };
}

function nameOf({ subject }: PeerCertificate): string {
  const { CN } = subject as { CN?: string | string[] };
  return Array.isArray(CN) ? (CN[0] ?? "") : (CN ?? "");
}

function pemOf({ raw }: PeerCertificate): string {
  const lines = raw.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

/** TLS has names for hosts, none for addresses. */
function isName(host: string): boolean {
  return process.getBuiltinModule("node:net").isIP(host) === 0;
}

function noAnswer(url: URL, reason: string, cause?: unknown): OctopusError {
  return new OctopusError("unreachable", `no TLS connection to ${url.host} (${reason})`, { cause, retryable: true });
}

function notThatServer(url: URL, wanted: string, { fingerprint }: Chain): OctopusError {
  return new OctopusError(
    "unreachable",
    `the server at ${url.host} is not the one that was meant: its certificate authority has the fingerprint ` +
      `${groupFingerprint(fingerprint)}, not ${groupFingerprint(wanted)}. If it was set up anew, take the fingerprint ` +
      "that it prints at its start; if not, somebody else answers at that address",
  );
}
