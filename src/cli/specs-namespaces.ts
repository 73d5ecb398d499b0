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
        options: ASKING_DEFAULT,
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
          "Needs an admin of default. Refused while tasks in it have not ended. Its workers are sent away. The server sets its\n" +
          "folder aside, a cluster keeps a last snapshot: the guide to namespaces says where.",
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
    ],
    examples: ["octopus namespace", "octopus namespace create team-a"],
  },
];
