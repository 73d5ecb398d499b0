/** Makes tokens, and says what is known of them. */
import type { AccessApi, Token } from "../../engine/fleet-api.ts";
import type { TokenSubmission, TokenView } from "../../protocol/access.ts";
import { encodeJoin } from "../../protocol/join.ts";
import type { Use } from "./guard.ts";
import { drawToken } from "./token.ts";

/** Where whoever joins finds this server. */
export interface Meeting {
  urls: readonly string[];
  fingerprint?: string | undefined;
}

export interface NewToken {
  id: string;
  /** Shown once; only its hash is kept. */
  secret: string;
  /** For role worker: all that a worker needs. */
  join?: string;
}

export async function createToken(
  access: AccessApi,
  { name, role, arms, worker, expires }: TokenSubmission,
  { by, now, meeting }: { by: string; now: number; meeting: Meeting },
): Promise<NewToken> {
  const { id, text, hash } = drawToken();
  const expiresAt = expires === undefined ? undefined : now + expires;
  await access.createToken({ token: id, name, role, arms, worker, hash, expiresAt, by });
  if (role !== "worker") return { id, secret: text };
  const { urls, fingerprint } = meeting;
  return { id, secret: text, join: encodeJoin({ urls: [...urls], token: text, ...(fingerprint && { fingerprint }) }) };
}

export function tokenView(token: Token, use: Use | undefined, now: number): TokenView {
  const { name, role, arms, worker, createdAt, by, expiresAt, revokedAt } = token;
  const isOver = expiresAt !== undefined && expiresAt <= now;
  return {
    id: token.token,
    name,
    role,
    ...(arms !== undefined && { arms }),
    ...(worker !== undefined && { worker }),
    state: revokedAt !== 0 ? "revoked" : isOver ? "expired" : "active",
    createdAt: iso(createdAt),
    ...(by !== undefined && { createdBy: by }),
    ...(expiresAt !== undefined && { expiresAt: iso(expiresAt) }),
    ...(revokedAt !== 0 && { revokedAt: iso(revokedAt) }),
    ...(use !== undefined && { lastUsedAt: iso(use.at), lastAddress: use.address }),
  };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
