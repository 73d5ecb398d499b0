/** Commands about workflows: their files, the registered ones, and runs while they go. */
import type { AnyCommand, CommandSpec, OptionSpec } from "./command.ts";
import { ASKING, OUTPUT, PARAMS } from "./options.ts";

const group = "Workflows";
const NOTE: OptionSpec = { flags: "--note <text>", about: "why; kept with the task" };
const BY: OptionSpec = { flags: "--by <name>", about: "who says so, where that is not you" };

function verdict(name: "approve" | "reject", about: string): CommandSpec {
  return {
    name,
    group,
    about,
    details: "A run stands for the task of it that waits, where there is one.",
    args: [["<id...>", "tasks, such as t12 or r3/deploy, or runs"]],
    names: ["approvals"],
    options: [NOTE, BY, ...ASKING],
    examples: [`octopus ${name} r3/deploy --note '${name === "approve" ? "looks right" : "not on a Friday"}'`],
    load: () => import("./commands/verdict.ts"),
  };
}

const FILES: readonly AnyCommand[] = [
  {
    name: "validate",
    group,
    about: "say everything that is wrong or odd about workflow files",
    details: "Needs no server and no values for params. Exits with 2 when something is wrong.",
    args: [["<file...>", "workflow files; - reads standard input"]],
    options: [OUTPUT],
    examples: ["octopus validate etl.yaml", "octopus validate flows/*.yaml -o json"],
    load: () => import("./commands/validate.ts"),
  },
  {
    name: "dry-run",
    group,
    about: "show what a run would do: the order, what runs beside what, what is known only then",
    args: [["<file>", "the workflow file, the name of a registered workflow, or a run such as r3"]],
    names: ["workflows", "runs"],
    options: [...PARAMS, ...ASKING],
    examples: ["octopus dry-run etl.yaml -p day=2026-11-21"],
    load: () => import("./commands/dry-run.ts"),
  },
  {
    name: "graph",
    group,
    about: "draw a workflow, or the one that a run began with",
    args: [["<file>", "the workflow file, a run such as r3, or the name of a registered workflow"]],
    names: ["workflows", "runs"],
    options: [
      { flags: "--format <form>", about: "text, ascii, mermaid or dot", choices: ["text", "ascii", "mermaid", "dot"] },
      ...PARAMS,
      ...ASKING,
    ],
    examples: [
      "octopus graph etl.yaml",
      "octopus graph r3 --format mermaid",
      "octopus graph etl.yaml --format dot | dot -Tsvg",
    ],
    load: () => import("./commands/graph.ts"),
  },
  {
    name: "schema",
    group,
    about: "print the JSON Schema of workflow files for editors, or explain a key",
    args: [["[key]", "the key, such as tasks.each"]],
    options: [OUTPUT],
    examples: ["octopus schema > workflow.schema.json", "octopus schema tasks.each"],
    load: () => import("./commands/schema.ts"),
  },
  {
    name: "apply",
    group,
    about: "register workflow files under their names, with the schedules that they ask for",
    args: [["<file...>", "workflow files"]],
    options: [...ASKING],
    examples: ["octopus apply flows/*.yaml", "octopus apply etl.yaml && octopus run etl"],
    load: () => import("./commands/apply.ts"),
  },
  {
    name: "workflows",
    aliases: ["workflow"],
    group,
    about: "show and remove registered workflows",
    byDefault: "ls",
    commands: [
      {
        name: "ls",
        group,
        about: "list registered workflows",
        options: [...ASKING],
        load: () => import("./commands/workflows.ts"),
      },
      {
        name: "show",
        group,
        about: "show a registered workflow",
        args: [["<name>", "the workflow"]],
        names: ["workflows"],
        options: [{ flags: "--text", about: "only its text, as it was sent" }, ...ASKING],
        examples: ["octopus workflows show etl --text > etl.yaml"],
        load: () => import("./commands/workflows-show.ts"),
      },
      {
        name: "rm",
        group,
        about: "remove registered workflows and their schedules; their runs stay",
        args: [["<name...>", "the workflows"]],
        names: ["workflows"],
        options: [...ASKING],
        load: () => import("./commands/workflows-rm.ts"),
      },
    ],
    examples: ["octopus workflows", "octopus workflows show etl"],
  },
  {
    name: "diff",
    group,
    about: "compare what a run began with to the workflow of today",
    details: "Without a file, to the registered workflow of that name. Exits with 1 when they differ.",
    args: [
      ["<run>", "the run"],
      ["[file]", "a workflow file"],
    ],
    names: ["runs", "workflows"],
    options: [...ASKING],
    examples: ["octopus diff r3", "octopus diff r3 etl.yaml"],
    load: () => import("./commands/diff.ts"),
  },
];

const LIVE: readonly AnyCommand[] = [
  {
    name: "pause",
    group,
    about: "start nothing more of runs; what runs of them goes on",
    args: [["<run...>", "runs"]],
    names: ["runs"],
    options: [{ flags: "--reason <text>", about: "why; kept with the run" }, ...ASKING],
    load: () => import("./commands/pause.ts"),
  },
  {
    name: "resume",
    group,
    about: "let paused runs go on",
    args: [["<run...>", "runs"]],
    names: ["runs"],
    options: [...ASKING],
    load: () => import("./commands/pause.ts"),
  },
  {
    name: "approvals",
    group,
    about: "list tasks that wait for a person",
    options: [
      { flags: "--run <id>", about: "only those of this run" },
      { flags: "-n, --limit <number>", about: "at most this many; 20 when nothing is said" },
      ...ASKING,
    ],
    load: () => import("./commands/approvals.ts"),
  },
  verdict("approve", "let tasks start that wait for a person"),
  verdict("reject", "refuse tasks that wait for a person; they fail"),
  {
    name: "mark",
    group,
    about: "say how a task has ended, whatever it did",
    details: "What ended because of it waits again, and the run goes on from there.",
    args: [
      ["<id>", "the task"],
      ["<state>", "succeeded, failed or skipped"],
    ],
    options: [NOTE, BY, { flags: "--result <json>", about: "what it is to have returned" }, ...ASKING],
    examples: ["octopus mark r3/import succeeded --note 'imported by hand'"],
    load: () => import("./commands/mark.ts"),
  },
];

export const WORKFLOWS: readonly AnyCommand[] = [...FILES, ...LIVE];
