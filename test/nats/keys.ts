/** Keys, certificates and configurations of NATS servers that let in only whom they know, for tests. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { nkeys } from "@nats-io/transport-node";

export interface Certificates {
  ca: string;
  /** Of the server, for 127.0.0.1. */
  cert: string;
  key: string;
  /** Of a client. */
  clientCert: string;
  clientKey: string;
  /** An authority that has signed neither. */
  otherCa: string;
}

export function makeCertificates(folder: string): Certificates {
  const at = (name: string): string => join(folder, name);
  const openssl = (...words: string[]): unknown => execFileSync("openssl", words, { stdio: "ignore" });
  const authority = (name: string): void => {
    const made = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    openssl("req", ...made, "-subj", `/CN=${name}`, "-keyout", at(`${name}.key`), "-out", at(`${name}.pem`));
  };
  const signed = (name: string, extensions: string): void => {
    const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    openssl("req", ...made, "-subj", `/CN=${name}`, "-keyout", at(`${name}.key`), "-out", at(`${name}.csr`));
    writeFileSync(at(`${name}.ext`), extensions);
    const by = ["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial", "-days", "2"];
    openssl("x509", "-req", "-in", at(`${name}.csr`), ...by, "-extfile", at(`${name}.ext`), "-out", at(`${name}.pem`));
  };
  authority("ca");
  authority("other");
  signed("server", "subjectAltName=IP:127.0.0.1\n");
  signed("client", "extendedKeyUsage=clientAuth\n");
  return {
    ...{ ca: at("ca.pem"), cert: at("server.pem"), key: at("server.key"), otherCa: at("other.pem") },
    ...{ clientCert: at("client.pem"), clientKey: at("client.key") },
  };
}

/** A seed in a file, and the public key for the server's configuration. */
export function makeNkey(folder: string): { file: string; publicKey: string } {
  const pair = nkeys.createUser();
  const file = join(folder, `${pair.getPublicKey()}.nk`);
  writeFileSync(file, `${new TextDecoder().decode(pair.getSeed())}\n`, { mode: 0o600 });
  return { file, publicKey: pair.getPublicKey() };
}

/** An operator with one account that has JetStream, and a credentials file of one of its users. */
export function makeJwt(folder: string): { config: string; creds: string } {
  const [operator, account, user] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createUser()];
  const unlimited = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
  const limits = { ...unlimited, mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
  const system = nkeys.createAccount();
  const [accountKey, systemKey] = [account.getPublicKey(), system.getPublicKey()];
  const own = { type: "operator", version: 2, system_account: systemKey };
  const operatorJwt = jwt(operator, operator.getPublicKey(), "operator", own);
  const systemJwt = jwt(operator, systemKey, "SYS", { type: "account", version: 2, limits: unlimited });
  const accountJwt = jwt(operator, accountKey, "account", { type: "account", version: 2, limits });
  const userLimits = { subs: -1, data: -1, payload: -1 };
  const userJwt = jwt(account, user.getPublicKey(), "user", { type: "user", version: 2, ...userLimits });
  const creds = join(folder, "user.creds");
  const seed = new TextDecoder().decode(user.getSeed());
  writeFileSync(creds, `${block("NATS USER JWT", userJwt)}\n${block("USER NKEY SEED", seed)}`, { mode: 0o600 });
  const preload = `resolver_preload: { ${accountKey}: "${accountJwt}", ${systemKey}: "${systemJwt}" }`;
  return { creds, config: [`operator: "${operatorJwt}"`, "resolver: MEMORY", preload].join("\n") };
}

function block(name: string, content: string): string {
  return `-----BEGIN ${name}-----\n${content}\n------END ${name}------\n`;
}

type Pair = ReturnType<typeof nkeys.createUser>;

function jwt(issuer: Pair, subject: string, name: string, nats: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { iat: Math.floor(Date.now() / 1000), iss: issuer.getPublicKey(), name, sub: subject, nats };
  const jti = createHash("sha256").update(JSON.stringify(claims)).digest("hex").toUpperCase();
  const content = `${part({ typ: "JWT", alg: "ed25519-nkey" })}.${part({ jti, ...claims })}`;
  return `${content}.${Buffer.from(issuer.sign(new TextEncoder().encode(content))).toString("base64url")}`;
}
