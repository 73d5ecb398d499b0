/** `octopus token create`: prints the secret, and how to use it. */
import { groupFingerprint } from "../../base/fingerprint.ts";
import { isLoopback } from "../../base/loopback.ts";
import { ACCESS_ROLES } from "../../base/words.ts";
import type { TokenCreatedView } from "../../protocol/access.ts";
import { parseJoin } from "../../protocol/join.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { durationOf, listOf, textOf, usage } from "../read.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { options, out } = context;
  const name = textOf(options, "name");
  const role = ACCESS_ROLES.find((one) => one === textOf(options, "role"));
  if (name === undefined) throw usage("say what the token is for: --name laptop");
  if (role === undefined) throw usage(`say what whoever has it may do: --role ${ACCESS_ROLES.join(", ")}`);
  const arms = listOf(options, "arms");
  const worker = textOf(options, "worker");
  const expiresMs = durationOf(options, "expires");
  const client = await context.client();
  const token = await client.createToken({
    name,
    role,
    ...(arms !== undefined && { arms }),
    ...(worker !== undefined && { worker }),
    ...(expiresMs !== undefined && { expires: `${expiresMs}ms` }),
  });
  out.answer(token, { table: () => textFor(token), quiet: () => token.join ?? token.secret });
  return EXIT.ok;
}

function textFor(token: TokenCreatedView): string {
  const about = `Token ${token.id} (${token.name}, ${token.role}). This is the only time that it is shown.`;
  return `${about}\n\n${token.join === undefined ? useText(token.secret, token) : joinText(token.join)}`;
}

/** For whoever asks a server. */
export function useText(
  secret: string,
  { urls, fingerprint }: { urls: readonly string[]; fingerprint?: string | undefined },
): string {
  return [
    "To use it, on the machine that asks:",
    `  export OCTOPUS_SERVER_URL=${urls[0]}`,
    ...(fingerprint === undefined ? [] : [`  export OCTOPUS_ACCESS_FINGERPRINT=${fingerprint}`]),
    `  export OCTOPUS_ACCESS_TOKEN=${secret}`,
  ].join("\n");
}

/** For whoever works for it. */
export function joinText(join: string): string {
  const read = parseJoin(join);
  const { urls = [], fingerprint: pinned } = typeof read === "string" ? {} : read;
  const isNear = urls.every((url) => isLoopback(new URL(url).hostname.replace(/^\[|\]$/g, "")));
  return [
    "To add a worker, on its machine:",
    `  octopus worker --join ${join}`,
    ...(pinned === undefined
      ? []
      : ["", `It trusts the server with the fingerprint ${groupFingerprint(pinned)} alone.`]),
    ...(isNear
      ? ["", "Only this machine can reach the server; others can when it is started with --host 0.0.0.0."]
      : []),
  ].join("\n");
}
