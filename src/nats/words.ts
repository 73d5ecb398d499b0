/** What goes wrong between a client and NATS, in words that name the thing and the next step. */
import { errors } from "@nats-io/transport-node";
import { OctopusError } from "../base/errors.ts";

const UNKNOWN_ISSUER = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
]);

/** The error and its causes. The client wraps what it was told. */
export function causes(error: unknown): Error[] {
  const found: Error[] = [];
  for (let one = error; one instanceof Error && !found.includes(one); one = one.cause) found.push(one);
  return found;
}

/** `doing`: what was tried, such as `connect to 10.0.0.4:4222`. */
export function connectionError(error: unknown, doing: string): OctopusError {
  if (error instanceof OctopusError) return error;
  for (const one of causes(error)) {
    const known = permissionWords(one) ?? credentialWords(one) ?? tlsWords(one);
    if (known !== undefined) {
      const [code, words] = known;
      return new OctopusError(code, `NATS: could not ${doing}: ${words}`, { cause: error });
    }
  }
  const words = absenceWords(causes(error));
  return new OctopusError("unreachable", `NATS: could not ${doing}: ${words}`, { cause: error, retryable: true });
}

type Words = ["forbidden" | "unauthorized", string];

function permissionWords(error: Error): Words | undefined {
  if (!(error instanceof errors.PermissionViolationError)) return undefined;
  const what = error.operation === "publish" ? "publish to" : "subscribe to";
  return ["forbidden", `its user may not ${what} "${error.subject}". Allow it in the permissions of that user`];
}

function credentialWords(error: Error): Words | undefined {
  if (!(error instanceof errors.AuthorizationError || error instanceof errors.UserAuthenticationExpiredError)) return;
  const next = "Give the user and password, token, nkey or credentials file that it knows";
  return ["unauthorized", `it does not accept these credentials (${error.message}). ${next}`];
}

function tlsWords(error: Error): Words | undefined {
  const code = (error as { code?: unknown }).code;
  if (typeof code !== "string") return undefined;
  const said = error.message;
  if (UNKNOWN_ISSUER.has(code)) {
    const next = "Name the file of its certificate authority with --nats-ca";
    return ["unauthorized", `nobody that is trusted here has signed the certificate of the server (${said}). ${next}`];
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return ["unauthorized", `its certificate is made out to another name (${said}). Use a name that stands in it`];
  }
  if (!/^(CERT_|ERR_SSL|ERR_OSSL|ERR_TLS)/.test(code)) return undefined;
  const next = "See that both certificates are valid now, and that this client has one that the server accepts";
  return ["unauthorized", `TLS failed (${said}). ${next} (--nats-ca, --nats-cert, --nats-key)`];
}

function absenceWords(all: readonly Error[]): string {
  if (all.some((one) => one instanceof errors.NoRespondersError)) return "nobody answers at this moment";
  if (all.some((one) => one instanceof errors.TimeoutError)) return "no answer in time";
  const last = all.at(-1);
  return last === undefined || last.message === "" ? "the connection was closed" : last.message;
}
