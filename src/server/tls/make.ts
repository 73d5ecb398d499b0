/**
 * Makes certificates: an authority of our own, and certificates of servers that it signs. Knows the library and nothing of
 * files. Keys are ECDSA P-256, which every TLS of today speaks.
 */
import { createPrivateKey, KeyObject, randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import { AUTHORITY_NAME } from "../../trust/pin.ts";

/** A certificate with its key, both PEM. */
export interface Certified {
  cert: string;
  key: string;
}

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3650;
export const SERVER_DAYS = 365;
/** Clocks of machines that have just been set up differ by this much and more. */
const EARLIER_MS = DAY_MS;

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** The library needs 0.1 s to load, and most starts need no certificate. */
async function library(): Promise<typeof import("@peculiar/x509")> {
  await import("reflect-metadata");
  return import("@peculiar/x509");
}

/** An authority that signs for one server alone: its key lies beside that server's. */
export async function makeAuthority(now: number): Promise<Certified> {
  const x509 = await library();
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...lasting(now, AUTHORITY_DAYS),
    serialNumber: serial(),
    name: `CN=${AUTHORITY_NAME}`,
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: `${certificate.toString("pem")}\n`, key: pemOf(keys.privateKey) };
}

/** A certificate for a server of these names and addresses, signed by the authority; its own part of the chain alone. */
export async function makeServerCertificate(
  authority: Certified,
  names: readonly string[],
  now: number,
): Promise<Certified> {
  const x509 = await library();
  const keys = await newKeys();
  const issuer = new x509.X509Certificate(authority.cert);
  const certificate = await x509.X509CertificateGenerator.create({
    ...lasting(now, SERVER_DAYS),
    serialNumber: serial(),
    subject: "CN=Octopus server",
    issuer: issuer.subject,
    signingKey: signingKeyOf(authority.key),
    publicKey: keys.publicKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { cert: `${certificate.toString("pem")}\n`, key: pemOf(keys.privateKey) };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

function signingKeyOf(pem: string): webcrypto.CryptoKey {
  return createPrivateKey(pem).toCryptoKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
}

function pemOf(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: "pkcs8", format: "pem" });
}

/** Sixteen random bytes; the first bit is zero, so that it is a positive number in every reader. */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x01;
  return bytes.toString("hex");
}

function lasting(now: number, days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now - EARLIER_MS), notAfter: new Date(now + days * DAY_MS) };
}
