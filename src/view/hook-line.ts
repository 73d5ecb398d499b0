/** The command that asks a webhook as its sender does: signed the way that it is verified. */
import type { TriggerView } from "../protocol/trigger.ts";
import { shellQuote } from "./commands.ts";

type Hook = NonNullable<TriggerView["hook"]>;

const BODY = '{"hello": "world"}';

/** Lines for a shell; `address` is the webhook's, the secret is the variable SECRET. */
export function hookLine(address: string, hook: Hook, body = BODY): string {
  const url = shellQuote(address);
  const send = (headers: readonly string[]): string =>
    [
      `curl -X POST ${url}`,
      ...["content-type: application/json", ...headers].map((header) => `-H ${quoted(header)}`),
      `--data-binary "$BODY"`,
    ].join(" \\\n  ");
  const lines = (made: readonly string[], headers: readonly string[]): string =>
    [`BODY=${shellQuote(body)}`, ...made, send(headers)].join("\n");
  const sign = (what: string, algorithm = "sha256"): string =>
    `SIGN=$(printf %s ${what} | openssl dgst -${algorithm} -hmac "$SECRET" -r | cut -d' ' -f1)`;
  const sign64 = (what: string, key: string, algorithm = "sha256"): string =>
    `SIGN=$(printf %s ${what} | openssl dgst -${algorithm} ${key} -binary | base64 -w0)`;
  const now = "NOW=$(date +%s)";
  switch (hook.verify) {
    case "none":
      return lines([], []);
    case "github":
      return lines([sign('"$BODY"')], ["x-hub-signature-256: sha256=$SIGN", "x-github-event: push"]);
    case "gitea":
      return lines([sign('"$BODY"')], ["x-gitea-signature: $SIGN"]);
    case "forgejo":
      return lines([sign('"$BODY"')], ["x-forgejo-signature: $SIGN"]);
    case "gitlab":
      return lines([], ["x-gitlab-token: $SECRET"]);
    case "token":
      return lines([], [hook.header === undefined ? "authorization: Bearer $SECRET" : `${hook.header}: $SECRET`]);
    case "hmac": {
      const { algorithm = "sha256", header = "x-signature", prefix = "" } = hook;
      const made =
        hook.encoding === "base64" ? sign64('"$BODY"', '-hmac "$SECRET"', algorithm) : sign('"$BODY"', algorithm);
      return lines([made], [`${header}: ${prefix}$SIGN`]);
    }
    case "stripe":
      return lines([now, sign('"$NOW.$BODY"')], ["stripe-signature: t=$NOW,v1=$SIGN"]);
    case "slack":
      return lines([now, sign('"v0:$NOW:$BODY"')], ["x-slack-request-timestamp: $NOW", "x-slack-signature: v0=$SIGN"]);
    case "standard":
      return lines(
        [
          now,
          "ID=msg_$NOW",
          `KEY=$(case "$SECRET" in whsec_*) printf %s "\${SECRET#whsec_}" | base64 -d;; *) printf %s "$SECRET";; esac |`,
          "  od -An -vtx1 | tr -d ' \\n')",
          sign64('"$ID.$NOW.$BODY"', '-mac HMAC -macopt "hexkey:$KEY"'),
        ],
        ["webhook-id: $ID", "webhook-timestamp: $NOW", "webhook-signature: v1,$SIGN"],
      );
  }
}

/** In double quotes: variables in it are filled in. */
function quoted(text: string): string {
  return `"${text.replace(/["\\`]/g, "\\$&")}"`;
}
