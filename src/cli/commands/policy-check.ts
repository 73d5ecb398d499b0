/** `octopus policy check -- COMMAND`: what the server's rules say of it. */
import type { PolicyRole } from "../../base/words.ts";
import type { PolicyVerdict } from "../../protocol/policy.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { textOf } from "../read.ts";
import { shellLine } from "../shell-quote.ts";

const VERDICTS = { allow: "it would run", warn: "it would run, with a warning", deny: "it would be refused" } as const;

export async function run({ args, options, client: open, out }: Context): Promise<ExitCode> {
  const role = options["role"] as PolicyRole | undefined;
  const question = { command: shellLine(args), arm: textOf(options, "arm"), role, cwd: textOf(options, "cwd") };
  const verdict = await (await open()).checkCommand(question);
  out.answer(verdict, { table: () => words(verdict), quiet: () => verdict.verdict });
  return verdict.verdict === "deny" ? EXIT.failed : EXIT.ok;
}

function words({ verdict, mode, findings }: PolicyVerdict): string {
  const why = mode === "off" ? ": the policy is off" : "";
  const lines = findings.map(({ rule, command, why: reason }) => `  ${rule}: ${JSON.stringify(command)}: ${reason}`);
  return [`${VERDICTS[verdict]}${why}`, ...lines].join("\n");
}
