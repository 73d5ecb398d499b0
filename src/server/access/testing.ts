/** A server that asks for tokens, for one test. */
import type { AuditFilter } from "../../engine/ports.ts";
import type { AuditView, TokenSubmission } from "../../protocol/access.ts";
import { openAudit } from "../../store/audit.ts";
import type { AccessOptions, ServerOptions } from "../options.ts";
import { type Answer, type Harness, startHarness } from "../testing/harness.ts";
import { createToken, type NewToken } from "./new-token.ts";

type Change = Partial<Omit<TokenSubmission, "role">>;

export interface AccessHarness extends Harness {
  /** Makes a token of this role. */
  token(role: TokenSubmission["role"], change?: Change): Promise<NewToken>;
  /** Asks with a token, or without one. */
  as(token: string | undefined, method: string, path: string, body?: unknown): Promise<Answer>;
  /** Rows of the audit log, newest first. */
  rows(filter?: AuditFilter): Promise<AuditView[]>;
}

export async function startWithAccess(
  change: Partial<AccessOptions> = {},
  more: Partial<Pick<ServerOptions, "dashboard" | "plugins">> = {},
): Promise<AccessHarness> {
  const audit = openAudit(":memory:");
  const access: AccessOptions = {
    isOn: true,
    connectionsMax: 1000,
    requests: null,
    refusals: { limit: 20, perMs: 60_000, burst: 20 },
    workers: null,
    auditKeepMs: 86_400_000,
    audit,
    ...change,
  };
  const harness = await startHarness({ access, ...more });
  const { engine, url } = harness;
  const meeting = { urls: [url] };
  const admin = harness.server.lend({ who: "the test", role: "admin" }).token;
  const as: AccessHarness["as"] = (token, method, path, body) =>
    harness.ask(path, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  return {
    ...harness,
    token: (role, more = {}) =>
      createToken(engine.access, { name: role, role, ...more }, { by: "test", now: Date.now(), meeting }),
    as,
    async rows(filter = {}) {
      const query = new URLSearchParams(Object.entries(filter).map(([name, value]) => [name, String(value)]));
      return (await as(admin, "GET", `/api/v1/audit?${query.toString()}`)).body.items;
    },
    async [Symbol.asyncDispose]() {
      await harness[Symbol.asyncDispose]();
      audit.close();
    },
  };
}
