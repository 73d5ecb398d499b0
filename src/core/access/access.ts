/**
 * Who may do what, as core knows it: tokens by their public part, the keys that workers may have. The server looks here at
 * each request; nothing of it is secret, as of a token only the hash of its secret is kept.
 *
 * AC1  A token that was revoked stays known, so that whoever still uses it is refused by its name.
 */
import type {
  ClusterFounded,
  KeyTrusted,
  KeyUntrusted,
  TokenCreated,
  TokenDefinition,
  TokenRevoked,
} from "./events.ts";

export interface Token extends TokenDefinition {
  readonly createdAt: number;
  /** Epoch milliseconds; 0 = it was not. */
  revokedAt: number;
}

export interface Access {
  /** Tells this data directory from others; `""` before the first start has given it one. */
  cluster: string;
  readonly tokens: Map<string, Token>;
  /** By name of the worker the keys that it may have, and since when. */
  readonly keys: Map<string, Map<string, number>>;
}

export function createAccess(): Access {
  return { cluster: "", tokens: new Map(), keys: new Map() };
}

export type AccessEvent = ClusterFounded | TokenCreated | TokenRevoked | KeyTrusted | KeyUntrusted;

export function applyAccess(access: Access, event: AccessEvent, at: number): void {
  switch (event.type) {
    case "ClusterFounded":
      access.cluster = event.cluster;
      return;
    case "TokenCreated": {
      const { type: _, ...definition } = event;
      access.tokens.set(event.token, { ...definition, createdAt: at, revokedAt: 0 });
      return;
    }
    case "TokenRevoked": {
      const known = access.tokens.get(event.token);
      if (known !== undefined) known.revokedAt = at;
      return;
    }
    case "KeyTrusted":
      return trustKey(access, event.worker, event.key, at);
    case "KeyUntrusted":
      return untrustKey(access, event.worker, event.key);
  }
}

export function trustKey(access: Access, worker: string, key: string, at: number): void {
  const keys = access.keys.get(worker) ?? new Map<string, number>();
  access.keys.set(worker, keys.set(key, at));
}

function untrustKey(access: Access, worker: string, key: string): void {
  const keys = access.keys.get(worker);
  keys?.delete(key);
  if (keys?.size === 0) access.keys.delete(worker);
}
