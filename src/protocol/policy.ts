/** The policy of commands, as the API asks and answers. */
import { z } from "zod";
import { POLICY_ROLES } from "../base/words.ts";
import { Env, Name } from "./common.ts";

export const PolicyQuestion = z
  .strictObject({
    command: z.string().min(1, { error: "must not be empty" }),
    /** Program and arguments that run it, as in a task. */
    shell: z.array(z.string()).min(1).optional(),
    cwd: z.string().min(1).optional(),
    env: Env.optional(),
    /** Default: `default`. */
    arm: Name.optional(),
    /** Whose submission it would be: a role of a token, or what submits by itself. Default: that of who asks. */
    role: z.enum(POLICY_ROLES).optional(),
  })
  .meta({ id: "PolicyQuestion" });
export type PolicyQuestion = z.output<typeof PolicyQuestion>;

export const PolicyFinding = z
  .object({
    rule: z.string(),
    effect: z.enum(["deny", "warn"]),
    /** The part of the command that the rule is about. */
    command: z.string(),
    why: z.string(),
  })
  .meta({ id: "PolicyFinding" });

export const PolicyVerdict = z
  .object({
    /** `deny`: such a task is refused. */
    verdict: z.enum(["allow", "warn", "deny"]),
    mode: z.enum(["off", "warn", "enforce"]),
    findings: z.array(PolicyFinding),
  })
  .meta({ id: "PolicyVerdict" });
export type PolicyVerdict = z.infer<typeof PolicyVerdict>;

export const PolicyRuleView = z
  .object({
    name: z.string(),
    effect: z.enum(["allow", "warn", "deny"]),
    from: z.enum(["settings", "octopus"]),
    arms: z.array(z.string()).optional(),
    roles: z.array(z.string()).optional(),
    why: z.string().optional(),
  })
  .meta({ id: "PolicyRule" });
export type PolicyRuleView = z.infer<typeof PolicyRuleView>;

export const PolicyView = z
  .object({
    mode: z.enum(["off", "warn", "enforce"]),
    /** In the order in which they are asked. */
    rules: z.array(PolicyRuleView),
    arms: z.record(z.string(), z.object({ mode: z.string().optional(), only: z.array(z.string()).optional() })),
  })
  .meta({ id: "Policy" });
export type PolicyView = z.infer<typeof PolicyView>;
