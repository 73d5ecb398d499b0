/**
 * The worker's own policy of commands, for whoever owns the machine and not the server: what it refuses is never started.
 * The worker knows the arm of an attempt and not who asked for it, so rules that name roles are not about anything here.
 */
import type { CommandPolicy, Finding } from "../policy/policy.ts";
import type { PolicySettings } from "../policy/settings.ts";
import type { AttemptReport } from "../protocol/link.ts";
import type { AttemptContext, Executor } from "./executor.ts";
import { once } from "./executors/when-needed.ts";

/** Rules for roles are for servers. */
const ROLE = "";

/** The same executor behind the policy; loaded with its first attempt. */
export function guarded(executor: Executor, settings: PolicySettings): Executor {
  const load = once(async (): Promise<CommandPolicy> => {
    const [{ CommandPolicy: Policy }, parser] = await Promise.all([import("../policy/policy.ts"), import("unbash")]);
    return new Policy(settings, () => parser);
  });
  return {
    ...executor,
    async execute(context) {
      const refused = look(await load(), context);
      return refused ?? (await executor.execute(context));
    },
  };
}

function look(policy: CommandPolicy, context: AttemptContext): AttemptReport | undefined {
  const { work, arm } = context.assignment;
  if (work.kind !== "shell") return undefined;
  for (const finding of policy.judge(work.shell, { arm, role: ROLE })) {
    if (finding.effect === "warn") context.log("log", `this worker's command policy warns: ${wordsOf(finding)}\n`);
    else {
      const message = `this worker refuses it by its own command policy: ${wordsOf(finding)} (worker.policy in its settings)`;
      return { outcome: "failed", error: { message, kind: "policy" }, retryable: false, durationMs: 0 };
    }
  }
  return undefined;
}

function wordsOf({ rule, command, why }: Finding): string {
  return `the rule ${rule}: ${JSON.stringify(command)}: ${why}`;
}
