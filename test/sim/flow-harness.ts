/** Workflows for tests of the engine: tasks as the compiler would leave them, and a worker that does what their commands say. */
import type { Engine } from "../../src/engine/engine.ts";
import type { EachWork, NodeSpec } from "../../src/protocol/node.ts";
import { type Assignment, type AttemptReport, LINK_VERSION } from "../../src/protocol/link.ts";
import type { TaskSpec } from "../../src/protocol/task.ts";
import type { RunSpec } from "../../src/protocol/workflow.ts";
import type { RunDetail } from "../../src/protocol/run-views.ts";

type More = Partial<TaskSpec>;

/** A command: `ok`, `fail`, `exit N`, `echo JSON`, `hang`. What `{…}` stands for comes from the evaluator of the tests. */
export function task(id: string, command = "ok", more: More = {}): TaskSpec {
  const isDynamic = command.includes("{") && !command.startsWith("echo {");
  const node: NodeSpec = { ...(isDynamic && { dynamic: true }), ...more.node };
  const work = { kind: "shell", shell: { command } } as const;
  return { id, name: id, type: "shell", kind: "shell", work, ...more, ...(Object.keys(node).length > 0 && { node }) };
}

export function each(
  id: string,
  items: EachWork["items"],
  command: string,
  more: More & Partial<EachWork> = {},
): TaskSpec {
  const { maxParallel, failFast, task: member = task("", command), ...rest } = more;
  const work: TaskSpec["work"] = { kind: "each", each: { items, task: member } };
  if (maxParallel !== undefined) work.each.maxParallel = maxParallel;
  if (failFast !== undefined) work.each.failFast = failFast;
  return { id, name: id, type: "each", kind: "each", work, ...rest };
}

export function holds(id: string, run: Partial<RunSpec> & Pick<RunSpec, "tasks">, more: More = {}): TaskSpec {
  const definition = JSON.parse(JSON.stringify({ workflow: id, ...run })) as never;
  return {
    id,
    name: id,
    type: "workflow",
    kind: "workflow",
    work: { kind: "workflow", workflow: { definition } },
    ...more,
  };
}

export function approval(id: string, node: NodeSpec = {}): TaskSpec {
  return { id, name: id, type: "approval", kind: "approval", work: { kind: "approval", approval: {} }, node };
}

export function workflow(tasks: TaskSpec[], more: Partial<RunSpec> = {}): RunSpec {
  return { workflow: "w", tasks, ...more };
}

/** What a worker has done. */
export interface Served {
  /** Commands in the order in which they came, with the names of their tasks. */
  readonly came: { name: string; command: string; assignment: Assignment }[];
  /** Ends an attempt that hangs. */
  finish(name: string, report?: AttemptReport): void;
}

/** A worker that carries out every command at once. */
export function serve(engine: Engine, { slots = 100, name = "w" } = {}): Served {
  const came: Served["came"] = [];
  const hanging = new Map<string, Assignment>();
  let n = 0;
  const end = ({ task: seq, attempt }: Assignment, report: AttemptReport): void =>
    session.receive([{ type: "result", n: ++n, task: seq, attempt, report }]);
  const session = engine.connectWorker({
    send(messages) {
      for (const message of messages) {
        if (message.type === "cancel") {
          const found = [...hanging.values()].find((each) => each.task === message.task);
          if (found === undefined) continue;
          hanging.delete(found.name!);
          if (message.reason === "cancelled") end(found, { outcome: "cancelled" });
        }
        if (message.type !== "assign") continue;
        for (const assignment of message.tasks) {
          const { work } = assignment;
          const command = work.kind === "shell" ? work.shell.command : "";
          came.push({ name: assignment.name ?? assignment.id, command, assignment });
          const report = reportOf(command);
          if (report === undefined) hanging.set(assignment.name!, assignment);
          else queueMicrotask(() => end(assignment, report));
        }
      }
    },
    close() {},
  });
  session.receive([
    {
      ...{ type: "hello", version: LINK_VERSION, name, instance: "1", slots, holds: [], host: "h", pid: 1 },
      ...{ octopus: "test", abilities: { kinds: ["shell"], functions: [] } },
    },
  ]);
  return {
    came,
    finish(of, report = { outcome: "succeeded" }) {
      end(hanging.get(of)!, report);
      hanging.delete(of);
    },
  };
}

function reportOf(command: string): AttemptReport | undefined {
  const [word, ...rest] = command.split(" ");
  switch (word) {
    case "hang":
      return undefined;
    case "fail":
      return { outcome: "failed", exitCode: 1, error: { message: "exit code 1", kind: "exit" } };
    case "exit":
      return { outcome: "failed", exitCode: Number(rest[0]), error: { message: `exit code ${rest[0]}`, kind: "exit" } };
    case "echo":
      return { outcome: "succeeded", exitCode: 0, result: JSON.parse(rest.join(" ")) };
    default:
      return { outcome: "succeeded", exitCode: 0 };
  }
}

/** Runs it to its end. */
export async function runToEnd(engine: Engine, run: RunSpec): Promise<RunDetail> {
  const { id } = await engine.submitRun(run);
  return (await engine.waitRun(id, Infinity))!;
}

/** Names and states of the tasks of a run, members left out. */
export function states(run: RunDetail): Record<string, string> {
  return Object.fromEntries(
    run.tasks.map(({ name, id, state, allowed }) => [name ?? id, allowed ? `${state}+` : state]),
  );
}
