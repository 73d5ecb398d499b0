/** `octopus namespace create NAME`. */
import { inNamespace } from "../../base/namespace-url.ts";
import { parseJoin } from "../../protocol/join.ts";
import type { CreatedNamespaceView } from "../../protocol/namespace.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { joinText, useText } from "./token-create.ts";

export async function run(context: Context): Promise<ExitCode> {
  const client = await context.mainClient();
  const created = await client.createNamespace(context.args[0]!);
  context.out.answer(created, { table: () => textFor(created, client.url), quiet: () => created.name });
  return EXIT.ok;
}

function textFor({ name, tokens }: CreatedNamespaceView, server: string): string {
  const made = `Namespace ${name} is there. --namespace ${name}, or OCTOPUS_NAMESPACE=${name}, asks in it.`;
  if (tokens === undefined) return `${made}\n\nTo add a worker:\n  octopus worker --namespace ${name}`;
  const { admin, join } = tokens;
  const read = parseJoin(join);
  const { urls, fingerprint } =
    typeof read === "string" ? { urls: [inNamespace(server, name)], fingerprint: undefined } : read;
  return [
    made,
    "Its first tokens are shown this once; an admin of default is one here, too.",
    "",
    `An admin token. ${useText(admin, { urls, fingerprint })}`,
    "",
    `A join token. ${joinText(join)}`,
  ].join("\n");
}
