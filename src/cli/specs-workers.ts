/** Commands about workers: what they are, who may be one, and how they are taken out of service. */
import type { AnyCommand, CommandSpec } from "./command.ts";
import { ASKING } from "./options.ts";

const group = "Look after";
const NAMES = [["<name...>", "the workers"]] as const;
const KEY = { flags: "--key <fingerprint>", about: "which key, where more than one asks for the name" } as const;

function change(name: string, about: string, more: Partial<CommandSpec> = {}): CommandSpec {
  return {
    ...{ name, group, about, args: NAMES },
    options: [...ASKING],
    load: () => import("./commands/workers-change.ts"),
    ...more,
  };
}

export const WORKERS: readonly AnyCommand[] = [
  {
    name: "workers",
    group,
    about: "show workers; drain them, let them in, take them off the list",
    byDefault: "ls",
    commands: [
      {
        name: "ls",
        group,
        about: "list workers with their state and when they were last heard",
        details: "online: heard in the last minute. idle: in the last five. offline: not, or it said goodbye.",
        options: [
          { flags: "-s, --state <state...>", about: "only these: online, idle, offline, draining" },
          { flags: "-l, --labels <selector>", about: "only those with such labels: 'gpu, zone in (attic, cellar)'" },
          ...ASKING,
        ],
        examples: ["octopus workers", "octopus workers ls --labels 'os == linux, !spot'"],
        load: () => import("./commands/workers.ts"),
      },
      {
        name: "show",
        group,
        about: "show a worker: what it offers and uses, its last hour, what runs there",
        args: [["<name>", "the worker"]],
        options: [{ flags: "--span <span>", about: "the time that is drawn", choices: ["hour", "day"] }, ...ASKING],
        load: () => import("./commands/workers-show.ts"),
      },
      change("drain", "give these workers nothing new; what they run may end", {
        details: "It holds until `resume`, also when the worker or the server was started again meanwhile.",
        options: [{ flags: "--wait", about: "until nothing runs there any more" }, ...ASKING],
        examples: ["octopus workers drain box1 --wait"],
      }),
      change("resume", "let drained workers take tasks again"),
      change("rm", "take workers that are gone off the list, with their keys"),
      {
        name: "waiting",
        group,
        about: "list workers without a token that wait to be let in",
        options: [...ASKING],
        load: () => import("./commands/workers-waiting.ts"),
      },
      change("approve", "let workers in that wait; compare the key with what they print", {
        options: [KEY, ...ASKING],
        examples: ["octopus workers approve box1", "octopus workers approve box1 --key 1f0a99b2c3d4e5f6"],
      }),
      change("deny", "turn workers away that wait, or take the right from those that were let in", {
        options: [KEY, ...ASKING],
      }),
    ],
    examples: ["octopus workers", "octopus workers show box1", "octopus workers drain box1 --wait"],
  },
];
