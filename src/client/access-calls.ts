/** Tokens and the audit log. */
import type { AuditView, TokenCreatedView, TokenSubmission, TokenView } from "../protocol/access.ts";
import type { Page } from "../protocol/views.ts";
import { Calls } from "./calls.ts";
import { segment, withQuery } from "./query.ts";

export interface AuditQuery {
  who?: string | undefined;
  /** The first word alone is enough: `token` is `token.create` and the like. */
  action?: string | undefined;
  outcome?: AuditView["outcome"] | undefined;
  /** ISO 8601 with a zone, or epoch milliseconds. */
  from?: string | number | undefined;
  to?: string | number | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
}

export class AccessCalls extends Calls {
  /** The answer is the only place where the secret is ever shown. */
  createToken(token: Omit<TokenSubmission, "expires"> & { expires?: string }): Promise<TokenCreatedView> {
    return this.send("POST", "/tokens", token);
  }

  tokens(): Promise<TokenView[]> {
    return this.items("/tokens");
  }

  revokeToken(id: string): Promise<TokenView> {
    return this.send("POST", `/tokens/${segment(id)}/revoke`, {});
  }

  /** What was done and what was refused, newest first. */
  audit(query: AuditQuery = {}): Promise<Page<AuditView>> {
    return this.get(withQuery("/audit", { ...query }));
  }
}
