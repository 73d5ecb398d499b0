/** Commands about several servers that are one. */
import type { AnyCommand } from "./command.ts";
import { ASKING, CLUSTER, CONFIG, DATA, LOGGING, OUTPUT } from "./options.ts";

const group = "Look after";
const YES = { flags: "-y, --yes", about: "do not ask" };

export const CLUSTERS: readonly AnyCommand[] = [
  {
    name: "cluster",
    group,
    about: "show and look after a cluster of servers",
    byDefault: "status",
    commands: [
      {
        name: "status",
        group,
        about: "show who leads, how far each server is, and what an acknowledgement survives",
        details: "As the server that is asked sees it. Exits with 1 when nobody leads.",
        options: [...ASKING],
        load: () => import("./commands/cluster.ts"),
      },
      {
        name: "members",
        aliases: ["ls"],
        group,
        about: "list the servers",
        options: [...ASKING],
        load: () => import("./commands/cluster-members.ts"),
      },
      {
        name: "step-down",
        group,
        about: "let another server lead",
        details: "Whichever server is asked, the one that leads hands over, as it does before it stops.",
        options: [...ASKING],
        load: () => import("./commands/cluster-step-down.ts"),
      },
      {
        name: "snapshot",
        group,
        about: "copy the tables to where every server finds them",
        details: "A server that begins anew starts from the newest snapshot. They are made by themselves, too.",
        options: [...ASKING],
        load: () => import("./commands/cluster-snapshot.ts"),
      },
      {
        name: "repair",
        group,
        about: "go on without servers that are not coming back",
        details:
          "When the log has lost its end, the server that had applied most puts its state back, and nobody leads before it is\n" +
          "there. This says that it will not be: what it alone had applied is given up.",
        options: [YES, ...ASKING],
        load: () => import("./commands/cluster-repair.ts"),
      },
      {
        name: "restore",
        group,
        about: "make the cluster go on from a backup",
        details:
          "Takes a file that `octopus backup` wrote. Stop every server of the cluster before, and start them after it: what\n" +
          "came after the backup is not there any more, and the log says that. With --namespace all others stay as they are;\n" +
          "one that was deleted, or never was, is made, and no server has to stop for it.",
        args: [["<file>", "the backup"]],
        options: [
          { flags: "--namespace <name>", about: "this one alone, from beside the file or from a file of its own" },
          ...[...CLUSTER, YES, ...LOGGING, CONFIG, OUTPUT],
        ],
        examples: [
          "octopus cluster restore /backups/octopus-sunday.db --nats nats://10.0.0.1:4222",
          "octopus cluster restore /backups/octopus-sunday.db --namespace team-a --nats nats://10.0.0.1:4222",
        ],
        load: () => import("./commands/cluster-restore.ts"),
      },
    ],
    examples: ["octopus cluster", "octopus cluster step-down --server http://10.0.0.5:8000"],
  },
  {
    name: "migrate",
    group,
    about: "move a server's data into a cluster, or out of one",
    details:
      "Into a cluster: everything in the data directory becomes the beginning of the cluster's log. Out of it: this directory\n" +
      "becomes that of a server that stands alone, with all that the log holds, and the cluster is closed.\n" +
      "No server may run meanwhile.",
    options: [
      { flags: "--to <where>", about: "addresses of NATS, postgres://…, or embedded" },
      ...CLUSTER,
      DATA,
      ...LOGGING,
      CONFIG,
      OUTPUT,
    ],
    examples: [
      "octopus migrate --to nats://10.0.0.1:4222 --data ./state",
      "octopus migrate --to embedded --nats nats://10.0.0.1:4222 --data ./state",
    ],
    load: () => import("./commands/migrate.ts"),
  },
];
