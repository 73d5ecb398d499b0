/**
 * Signatures of requests by Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body`.
 *
 * G1  Secrets come from the configuration or from one file that only the server's user may read. They stand in no
 *     database, no log and no answer.
 * G2  Several secrets under one name (between spaces) sign with each, so that a receiver may change over at leisure.
 */
import { createHmac, randomBytes } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OctopusError } from "../base/errors.ts";
import type { Outside } from "../engine/ports.ts";

/** The name that stands for the server's own secret. */
const DEFAULT = "default";
const PREFIX = "whsec_";
const KEY_BYTES = 32;
const KEY_FILE = "webhook.key";

export interface SigningOptions {
  /** The server's own secret; absent = one drawn once and kept in the data directory. */
  secret?: string | null | undefined;
  /** Secrets with names of their own. */
  secrets?: Readonly<Record<string, string>>;
  /** The data directory, or `:memory:`. */
  dir: string;
}

export function createSigner({ secret, secrets = {}, dir }: SigningOptions): Outside["sign"] {
  // Most servers never send a webhook: the file is made with the first one.
  let own: string | undefined = secret ?? undefined;
  const keys = new Map<string, Buffer[]>();
  const keysOf = (name: string): Buffer[] | undefined => {
    const known = keys.get(name);
    if (known !== undefined) return known;
    const text = Object.hasOwn(secrets, name)
      ? secrets[name]!
      : name === DEFAULT
        ? (own ??= ownSecret(dir))
        : undefined;
    if (text === undefined) return undefined;
    const found = text
      .split(/\s+/)
      .filter((part) => part !== "")
      .map(keyOf);
    keys.set(name, found);
    return found;
  };
  return (name, id, atMs, body) => {
    const signing = keysOf(name);
    if (signing === undefined || signing.length === 0) return undefined;
    const seconds = String(Math.floor(atMs / 1000));
    const signatures = signing.map((key) => {
      const digest = createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64");
      return `v1,${digest}`;
    });
    return {
      "webhook-id": id,
      "webhook-timestamp": seconds,
      "webhook-signature": signatures.join(" "),
    };
  };
}

/** `whsec_` and base64, as the standard has it; any other text is taken as it is. */
function keyOf(secret: string): Buffer {
  return secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), "base64") : Buffer.from(secret);
}

/** The secret of a cluster, in place of one of this server's own. */
export function adoptSecret(dir: string, secret: string): void {
  if (dir !== ":memory:" && ownSecret(dir) !== secret) writeSecret(join(dir, KEY_FILE), secret);
}

/** The one of this server; drawn when there is none. */
export function ownSecret(dir: string): string {
  const drawn = PREFIX + randomBytes(KEY_BYTES).toString("base64");
  if (dir === ":memory:") return drawn;
  const file = join(dir, KEY_FILE);
  try {
    const kept = readFileSync(file, "utf8").trim();
    if (kept !== "") return kept;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw unreadable(file, "read", error);
  }
  writeSecret(file, drawn);
  return drawn;
}

function writeSecret(file: string, secret: string): void {
  const draft = `${file}.part`;
  try {
    rmSync(draft, { force: true });
    writeFileSync(draft, `${secret}\n`, { mode: 0o600, flush: true, flag: "wx" });
    renameSync(draft, file);
  } catch (error) {
    throw unreadable(file, "write", error);
  }
}

function unreadable(file: string, verb: string, cause: unknown): OctopusError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new OctopusError(
    "storage_failed",
    `could not ${verb} ${file}, which holds the secret that signs webhooks: ${why}; make it readable, or set callbacks.secret`,
    { cause },
  );
}
