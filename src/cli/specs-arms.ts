/** Commands about limits: arms, quotas, pools. */
import type { AnyCommand, CommandSpec } from "./command.ts";
import { ASKING } from "./options.ts";

const group = "Limits and times";
const NAME = [["<name...>", "the arms"]] as const;

/** One of the switches of an arm. */
function turn(name: string, about: string): CommandSpec {
  return { name, group, about, args: NAME, options: [...ASKING], load: () => import("./commands/arms-switch.ts") };
}

export const ARMS: readonly AnyCommand[] = [
  {
    name: "arms",
    aliases: ["arm"],
    group,
    about: "show arms and who holds their slots; set, pause and drain them",
    byDefault: "ls",
    commands: [
      {
        name: "ls",
        aliases: ["show"],
        group,
        about: "list arms, or show one with the tasks that hold its slots",
        args: [["[name]", "the arm"]],
        options: [...ASKING],
        load: () => import("./commands/arms.ts"),
      },
      {
        name: "set",
        group,
        about: "register an arm, or change it",
        details: "What is not named stays as it is; none takes a setting away.",
        args: [["<name>", "the arm"]],
        options: [
          { flags: "--parallel <number>", about: "most tasks that run at once" },
          { flags: "--weight <1-1000>", about: "share of the slots when several arms have work" },
          { flags: "--max-queued <number>", about: "most tasks that wait; beyond it submissions are refused" },
          { flags: "--rate <limit/time>", about: "starts per time: 10/1m, or 10/1m:20 with a burst of 20" },
          { flags: "--aging <duration>", about: "a waiting task counts one priority higher for each such time" },
          { flags: "--timeout <duration>", about: "for tasks that do not say" },
          { flags: "--retries <number>", about: "for tasks that do not say" },
          { flags: "--handler <function>", about: "runs the tasks of this arm that have only a type" },
          { flags: "--types <type...>", about: "tasks of these types come here when they name no arm" },
          ...ASKING,
        ],
        examples: ["octopus arms set builds --parallel 4 --rate 10/1m", "octopus arms set builds --rate none"],
        load: () => import("./commands/arms-set.ts"),
      },
      turn("pause", "start nothing in these arms; submissions wait"),
      turn("resume", "start tasks in these arms again"),
      turn("drain", "refuse submissions to these arms; what waits still runs"),
      turn("undrain", "take submissions to these arms again"),
      {
        ...turn("rm", "remove arms that hold no tasks"),
        load: () => import("./commands/arms-rm.ts"),
      },
    ],
    examples: ["octopus arms", "octopus arms builds", "octopus arms pause builds"],
  },
  {
    name: "quota",
    aliases: ["quotas"],
    group,
    about: "show and set what owners may use",
    byDefault: "ls",
    commands: [
      {
        name: "ls",
        group,
        about: "list quotas and what of them is used",
        options: [...ASKING],
        load: () => import("./commands/quota.ts"),
      },
      {
        name: "set",
        group,
        about: "set what an owner may use",
        details: "What is not named stays as it is; none lifts a limit.",
        args: [["<owner>", "the owner; '*' is everybody without a quota of their own"]],
        options: [
          { flags: "--concurrent <number>", about: "most tasks that run at once" },
          { flags: "--tasks <number/time>", about: "starts per time: 1000/1d" },
          { flags: "--cpu <duration/time>", about: "CPU time per time: 2h/1d" },
          ...ASKING,
        ],
        examples: ["octopus quota set alice --concurrent 4 --tasks 1000/1d --cpu 2h/1d"],
        load: () => import("./commands/quota-set.ts"),
      },
      {
        name: "rm",
        group,
        about: "remove quotas",
        args: [["<owner...>", "the owners"]],
        options: [...ASKING],
        load: () => import("./commands/quota-rm.ts"),
      },
    ],
    examples: ["octopus quota", "octopus quota set '*' --concurrent 10"],
  },
  {
    name: "pools",
    aliases: ["pool"],
    group,
    about: "show how many workers each pool has and should have",
    options: [...ASKING],
    load: () => import("./commands/pools.ts"),
  },
];
