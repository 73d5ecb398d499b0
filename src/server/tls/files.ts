/**
 * The certificates of one server as files: `ca.pem`, `ca.key`, `server.pem`, `server.key` in the folder `tls` of the data
 * directory. Makes what is missing, and anew what is about to end or holds for other names than the machine has now.
 *
 * TF1  The authority is made once and never changed: its fingerprint is what every client and worker knows us by.
 * TF2  Keys are readable by their owner alone from the moment that they exist.
 */
import { X509Certificate, createPrivateKey } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";
import { join } from "node:path";
import { isIP } from "node:net";
import { OctopusError } from "../../base/errors.ts";
import { fingerprintOf } from "../../trust/pin.ts";
import { type Certified, makeAuthority, makeServerCertificate } from "./make.ts";

/** What a server needs to speak TLS, and what others know it by. */
export interface TlsIdentity {
  /** The chain that it shows, PEM: its own certificate first, the authority last. */
  cert: string;
  key: string;
  /** SHA-256 of the authority's DER in lower-case hex: what clients and workers pin. */
  fingerprint: string;
  /** The same of its own certificate. */
  certificate: string;
}

export interface TlsOptions {
  /** The data directory. */
  dir: string;
  /** Names beyond those of the machine. */
  names: readonly string[];
  /** A certificate chain and a key of somebody else's making, as paths. */
  cert?: string | null;
  key?: string | null;
  now: number;
}

/** A certificate that ends sooner is made anew. */
const RENEW_MS = 30 * 86_400_000;

const NAMES_MAX = 200;

export async function openTls(options: TlsOptions): Promise<TlsIdentity> {
  const { cert, key } = options;
  if (typeof cert === "string" && typeof key === "string") return given(cert, key);
  if (typeof cert === "string" || typeof key === "string")
    throw new OctopusError(
      "invalid",
      `tls.cert and tls.key go together: ${cert == null ? "tls.cert" : "tls.key"} is missing`,
    );
  return own(options);
}

/** Names and addresses by which this machine may be reached. */
export function namesOfMachine(more: readonly string[]): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  const all = ["localhost", hostname(), ...addresses, "127.0.0.1", "::1", ...more];
  // An address of one link alone carries the link's name, which a certificate cannot.
  const written = all.map((name) => name.replace(/%.*$/, "").toLowerCase()).filter((name) => isWritable(name));
  return [...new Set(written)].slice(0, NAMES_MAX).toSorted();
}

function isWritable(name: string): boolean {
  return isIP(name) !== 0 || /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?$/.test(name);
}

async function own({ dir, names, now }: TlsOptions): Promise<TlsIdentity> {
  const folder = join(dir, "tls");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = (name: string): string => join(folder, name);
  const authority = readPair(file("ca.pem"), file("ca.key")) ?? (await keep(file, "ca", makeAuthority(now)));
  const wanted = namesOfMachine(names);
  const before = readPair(file("server.pem"), file("server.key"));
  const isGood = before !== undefined && isFresh(before.cert, authority.cert, wanted, now);
  const server = isGood ? before : await keep(file, "server", makeServerCertificate(authority, wanted, now));
  return identity(server.cert + authority.cert, server.key, authority.cert);
}

/** The authority of this folder, or a new one that is kept nowhere yet. */
export async function ownAuthority(folder: string, now: number): Promise<Certified> {
  return readPair(join(folder, "ca.pem"), join(folder, "ca.key")) ?? makeAuthority(now);
}

/** Puts an authority into a folder that has none: that of a cluster, which all its servers sign with. */
export function adoptAuthority(folder: string, { cert, key }: Certified): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  write(join(folder, "ca.key"), key, 0o600);
  write(join(folder, "ca.pem"), cert, 0o644);
}

function isFresh(pem: string, authority: string, wanted: readonly string[], now: number): boolean {
  const certificate = new X509Certificate(pem);
  if (certificate.validToDate.getTime() - now < RENEW_MS || certificate.validFromDate.getTime() > now) return false;
  if (!certificate.verify(new X509Certificate(authority).publicKey)) return false;
  const holds = (name: string): boolean =>
    (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
  return wanted.every(holds);
}

/** Both or none: half of a pair is of no use. */
function readPair(cert: string, key: string): Certified | undefined {
  if (!existsSync(cert) || !existsSync(key)) return undefined;
  return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
}

async function keep(file: (name: string) => string, name: string, making: Promise<Certified>): Promise<Certified> {
  const made = await making;
  write(file(`${name}.key`), made.key, 0o600);
  write(file(`${name}.pem`), made.cert, 0o644);
  return made;
}

/** Whole or not at all. */
function write(path: string, text: string, mode: number): void {
  writeFileSync(`${path}.new`, text, { mode });
  renameSync(`${path}.new`, path);
}

/** The fingerprint of a chain that somebody else signed is that of its topmost certificate. */
function given(certPath: string, keyPath: string): TlsIdentity {
  const cert = read(certPath, "tls.cert");
  const key = read(keyPath, "tls.key");
  const chain = cert.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (chain.length === 0) throw new OctopusError("invalid", `tls.cert: ${certPath} holds no certificate in PEM form`);
  let isPair: boolean;
  try {
    isPair = new X509Certificate(chain[0]!).checkPrivateKey(createPrivateKey(key));
  } catch (error) {
    throw new OctopusError("invalid", `tls.key: ${keyPath} holds no private key in PEM form without a passphrase`, {
      cause: error,
    });
  }
  if (!isPair)
    throw new OctopusError("invalid", `tls.key: ${keyPath} is not the key of the first certificate in ${certPath}`);
  return identity(cert, key, chain.at(-1)!);
}

function read(path: string, setting: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new OctopusError("invalid", `${setting}: ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    });
  }
}

function identity(cert: string, key: string, top: string): TlsIdentity {
  const raw = (pem: string): Buffer => new X509Certificate(pem).raw;
  return { cert, key, fingerprint: fingerprintOf(raw(top)), certificate: fingerprintOf(raw(cert)) };
}
