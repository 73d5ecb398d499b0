/** Commands about triggers: what starts tasks from outside. */
import type { AnyCommand } from "./command.ts";
import { ASKING } from "./options.ts";

const group = "Look after";
const NAME = ["<name>", "the trigger"] as const;

export const TRIGGERS: readonly AnyCommand[] = [
  {
    name: "triggers",
    group,
    about: "show what starts tasks from outside: webhooks, files, lines",
    byDefault: "ls",
    commands: [
      {
        name: "ls",
        group,
        about: "list triggers and what they have started since the server started",
        options: [...ASKING],
        load: () => import("./commands/triggers.ts"),
      },
      {
        name: "show",
        group,
        about: "show a trigger: its counts, its last event, its last error",
        args: [NAME],
        names: ["triggers"],
        options: [...ASKING],
        load: () => import("./commands/triggers-show.ts"),
      },
      {
        name: "test",
        group,
        about: "show what an event would start, without starting it",
        args: [NAME],
        names: ["triggers"],
        options: [
          { flags: "--event <file>", about: 'the event as JSON: {"body": {…}}; - is standard input' },
          ...ASKING,
        ],
        examples: ["octopus triggers test push --event push.json"],
        load: () => import("./commands/triggers-test.ts"),
      },
      {
        name: "pause",
        group,
        about: "start nothing more, also over restarts; files and lines wait, webhooks are turned away",
        args: [["<name...>", "the triggers"]],
        names: ["triggers"],
        options: [...ASKING],
        load: () => import("./commands/triggers-change.ts"),
      },
      {
        name: "resume",
        group,
        about: "go on, with what has come meanwhile",
        args: [["<name...>", "the triggers"]],
        names: ["triggers"],
        options: [...ASKING],
        load: () => import("./commands/triggers-change.ts"),
      },
    ],
    examples: ["octopus triggers", "octopus triggers show push", "octopus triggers test push --event push.json"],
  },
];
