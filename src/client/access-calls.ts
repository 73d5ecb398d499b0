/** Tokens and the audit log. */
import type { PolicyQuestion, PolicyVerdict, PolicyView } from "../protocol/policy.ts";
import type {
  AuditView,
  SessionView,
  SettingView,
  TokenCreatedView,
  TokenSubmission,
  TokenView,
} from "../protocol/access.ts";
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
  /** Who we are to this server. */
  session(): Promise<SessionView> {
    return this.get("/session");
  }

  /** Has the server remember a token in a cookie, so that a browser need not keep it. */
  signIn(token: string): Promise<SessionView> {
    return this.send("POST", "/session", { token });
  }

  signOut(): Promise<void> {
    return this.remove("/session");
  }

  /** Every setting of the server, with where it was said. */
  settings(): Promise<SettingView[]> {
    return this.items("/settings");
  }

  /** The rules on commands. */
  policy(): Promise<PolicyView> {
    return this.get("/policy");
  }

  /** What a command would meet; nothing is submitted. */
  checkCommand(question: PolicyQuestion): Promise<PolicyVerdict> {
    return this.send("POST", "/policy/check", question);
  }

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
  /** In a cluster the rows of all servers; `missing` names those that did not answer. */
  audit(query: AuditQuery = {}): Promise<Page<AuditView> & { missing?: string[] }> {
    return this.get(withQuery("/audit", { ...query }));
  }
}
