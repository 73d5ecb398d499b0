/** Commands about namespaces. */
import type { AnyCommand } from "./command.ts";
import { CONFIG, OUTPUT, SERVER } from "./options.ts";

const group = "Look after";
/** They ask `default`, whichever namespace is chosen. */
const ASKING_DEFAULT = [SERVER, CONFIG, OUTPUT];

export const NAMESPACES: readonly AnyCommand[] = [
  {
    name: "namespace",
    aliases: ["namespaces", "ns"],
    group,
    about: "make, list and delete namespaces",
    details:
      "A namespace has tasks, arms, workflows, plugins, tokens and workers of its own. --namespace NAME, or OCTOPUS_NAMESPACE,\n" +
      "says in which one a command asks.",
    byDefault: "list",
    commands: [
      {
        name: "list",
        aliases: ["ls"],
        group,
        about: "list namespaces",
        options: [{ flags: "--deleted", about: "those that were deleted and can be brought back" }, ...ASKING_DEFAULT],
        load: () => import("./commands/namespace.ts"),
      },
      {
        name: "show",
        group,
        about: "show a namespace",
        args: [["<name>", "the namespace"]],
        names: ["namespaces"],
        options: ASKING_DEFAULT,
        load: () => import("./commands/namespace-show.ts"),
      },
      {
        name: "create",
        aliases: ["add"],
        group,
        about: "make a namespace, and show its first tokens once",
        details: "Needs an admin of default. Tokens are shown where the server asks for some.",
        args: [["<name>", 'small letters, digits and "-" inside, at most 40']],
        options: ASKING_DEFAULT,
        examples: ["octopus namespace create team-a", "octopus submit --namespace team-a -- make test"],
        load: () => import("./commands/namespace-create.ts"),
      },
      {
        name: "delete",
        aliases: ["rm"],
        group,
        about: "delete a namespace with everything in it",
        details:
          "Needs an admin of default. Refused while tasks in it have not ended. Its workers are sent away. It is kept for\n" +
          "data.keep.deleted (30 days), in which `octopus namespace undelete` brings it back.",
        args: [["<name>", "the namespace"]],
        names: ["namespaces"],
        options: [
          { flags: "--force", about: "although tasks in it have not ended" },
          { flags: "-y, --yes", about: "do not ask for the name again" },
          ...ASKING_DEFAULT,
        ],
        examples: ["octopus namespace delete team-a"],
        load: () => import("./commands/namespace-delete.ts"),
      },
      {
        name: "undelete",
        aliases: ["restore"],
        group,
        about: "bring a deleted namespace back",
        details:
          "Needs an admin of default. It is as it was when it was deleted, tokens included; tasks that were not done go on. Of\n" +
          "several that had the name the newest is meant; an ID of `octopus namespace list --deleted` names another. From a\n" +
          "backup it is `octopus cluster restore FILE --namespace NAME`.",
        args: [["<name>", "the namespace, or an ID"]],
        options: [{ flags: "--as <name>", about: "another name than it had" }, ...ASKING_DEFAULT],
        examples: ["octopus namespace undelete team-a", "octopus namespace undelete team-a --as team-a-old"],
        load: () => import("./commands/namespace-undelete.ts"),
      },
      {
        name: "purge",
        group,
        about: "remove for good what is kept of a deleted namespace",
        details: "Needs an admin of default.",
        args: [["<name>", "the namespace, or an ID"]],
        options: [{ flags: "-y, --yes", about: "do not ask for the ID again" }, ...ASKING_DEFAULT],
        examples: ["octopus namespace purge team-a"],
        load: () => import("./commands/namespace-purge.ts"),
      },
    ],
    examples: ["octopus namespace", "octopus namespace create team-a"],
  },
];
