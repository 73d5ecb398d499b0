/** What can have happened to who may do what: tokens, keys of workers, the id by which all of it is told from others. */
import type { AccessRole } from "../../base/words.ts";

/** Who has the secret of this token may do what its role says. Of the secret only the hash is kept. */
export interface TokenDefinition {
  /** Public part of the token; it stands in what people paste, in lists and in the audit log. */
  token: string;
  name: string;
  role: AccessRole;
  /** Only these arms: for what it submits and changes; for a worker, what it takes. Absent = all. */
  arms?: string[] | undefined;
  /** For role `worker`: the only name that its worker may have. */
  worker?: string | undefined;
  /** SHA-256 of the secret in hex. */
  hash: string;
  /** Epoch milliseconds; absent = it does not expire. */
  expiresAt?: number | undefined;
  /** Who created it: a token, or a word such as `first start`. */
  by?: string | undefined;
}

export interface TokenCreated extends TokenDefinition {
  type: "TokenCreated";
}

export interface TokenRevoked {
  type: "TokenRevoked";
  token: string;
}

/** Whoever holds this key may be a worker of this name. */
export interface KeyTrusted {
  type: "KeyTrusted";
  worker: string;
  /** Ed25519 public key, base64url. */
  key: string;
  by?: string | undefined;
}

export interface KeyUntrusted {
  type: "KeyUntrusted";
  worker: string;
  key: string;
}

/** The data directory got the id by which workers know it. */
export interface ClusterFounded {
  type: "ClusterFounded";
  cluster: string;
}
