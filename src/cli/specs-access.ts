/** Commands about who may do what. */
import { ACCESS_ROLES } from "../base/words.ts";
import type { AnyCommand } from "./command.ts";
import { ASKING } from "./options.ts";

const group = "Look after";

export const ACCESS: readonly AnyCommand[] = [
  {
    name: "token",
    aliases: ["tokens"],
    group,
    about: "make, list and revoke tokens",
    byDefault: "ls",
    commands: [
      {
        name: "ls",
        aliases: ["list"],
        group,
        about: "list tokens",
        options: [...ASKING],
        load: () => import("./commands/token.ts"),
      },
      {
        name: "create",
        group,
        about: "make a token, and show its secret once",
        details: "What each role may do is in docs/operate/security.md. For role worker it prints a join token.",
        options: [
          { flags: "--name <name>", about: "what it is for; it stands in lists and in the audit log" },
          { flags: "--role <role>", about: "what whoever has it may do", choices: ACCESS_ROLES },
          { flags: "--arms <arm...>", about: "only these arms" },
          { flags: "--worker <name>", about: "for role worker: the only name that its worker may have" },
          { flags: "--expires <duration>", about: "how long it is good; until it is revoked if left out" },
          ...ASKING,
        ],
        examples: [
          "octopus token create --name ci --role submitter --arms builds --expires 90d",
          "octopus token create --name attic --role worker",
        ],
        load: () => import("./commands/token-create.ts"),
      },
      {
        name: "revoke",
        aliases: ["rm"],
        group,
        about: "make tokens useless from now on",
        args: [["<id...>", "the tokens"]],
        options: [...ASKING],
        load: () => import("./commands/token-revoke.ts"),
      },
    ],
    examples: ["octopus token create --name laptop --role admin", "octopus token revoke ab12cd34"],
  },
  {
    name: "audit",
    group,
    about: "show who did what, and who was refused",
    options: [
      { flags: "--who <token>", about: "a token's id, local, anonymous or key:WORKER" },
      { flags: "--action <word>", about: "such as token.create, task or refused" },
      { flags: "--since <time>", about: "a time, or how long ago: 1h, 2026-11-20T08:00:00Z" },
      { flags: "-n, --limit <number>", about: "how many, 20 if left out" },
      ...ASKING,
    ],
    examples: ["octopus audit --action refused --since 1h", "octopus audit --who ab12cd34"],
    load: () => import("./commands/audit.ts"),
  },
];
