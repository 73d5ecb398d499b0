/** What the policy of commands says, and what it would say of a command. */
import type { PolicyApi } from "../../engine/policy.ts";
import type { Principal } from "../../protocol/access.ts";
import { PolicyQuestion, PolicyVerdict, PolicyView } from "../../protocol/policy.ts";
import { addRoute, type App, json } from "../route.ts";
import type { ServerScope } from "../scope.ts";

const tag = "policy";

export function addPolicyRoutes(app: App, { options: { engine } }: ServerScope): void {
  addRoute(
    app,
    {
      method: "get",
      path: "/policy",
      tag,
      summary: "Show the rules on commands, in the order in which they are asked",
      answer: { status: 200, schema: PolicyView, description: "Mode, rules and arms" },
    },
    () => json(engine.policy.view()),
  );
  addRoute(
    app,
    {
      method: "post",
      path: "/policy/check",
      role: "viewer",
      arms: "free",
      audit: false,
      tag,
      summary: "Say what a command would meet, without submitting it",
      body: PolicyQuestion,
      bodyBytes: 1024 * 1024,
      answer: { status: 200, schema: PolicyVerdict, description: "The verdict, and each rule behind it" },
    },
    ({ body, principal }) => json(verdictOf(engine.policy, body, principal)),
  );
}

function verdictOf(policy: PolicyApi, question: PolicyQuestion, principal: Principal): PolicyVerdict {
  const { arm = "default", role = principal.role, ...text } = question;
  const findings = policy.judge(text, { arm, role });
  const effects = findings.map(({ effect }) => effect);
  const verdict = effects.includes("deny") ? "deny" : effects.length > 0 ? "warn" : "allow";
  return { verdict, mode: policy.modeOf(arm), findings: [...findings] };
}
