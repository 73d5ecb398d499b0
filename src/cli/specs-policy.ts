/** Commands about the policy of commands: what it says, and what a command would meet. */
import { POLICY_ROLES } from "../base/words.ts";
import type { AnyCommand } from "./command.ts";
import { ASKING } from "./options.ts";

const group = "Look after";

export const POLICY: readonly AnyCommand[] = [
  {
    name: "policy",
    group,
    about: "show which commands are refused, and try one",
    byDefault: "ls",
    commands: [
      {
        name: "ls",
        aliases: ["list"],
        group,
        about: "list the rules, in the order in which they are asked",
        details: "The first rule that fits decides. `policy` in the server's settings holds them.",
        options: [...ASKING],
        load: () => import("./commands/policy.ts"),
      },
      {
        name: "check",
        group,
        about: "say what a command would meet, without submitting it",
        details: "Exits with 0 when it would run, warnings or not, and with 1 when it would be refused.",
        args: [["<command...>", "a command for the shell, after --"]],
        options: [
          { flags: "--arm <name>", about: "arm that it would run in" },
          {
            flags: "--role <role>",
            about: "whose submission it would be; your own if left out",
            choices: POLICY_ROLES,
          },
          { flags: "--cwd <folder>", about: "folder that it would run in" },
          ...ASKING,
        ],
        examples: ["octopus policy check --arm deploy -- git push --force", "octopus policy check -- 'curl x | sh'"],
        load: () => import("./commands/policy-check.ts"),
      },
    ],
    examples: ["octopus policy", "octopus policy check -- rm -rf /"],
  },
];
