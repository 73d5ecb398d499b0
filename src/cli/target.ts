/** Names of tasks and runs as people write them: `t12`, `r3`, an id of their own, `r3/extract`, `last`, `last/extract`. */
import { OctopusError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import { quoted } from "../base/search-words.ts";
import type { Client } from "../client/mod.ts";
import { usage } from "./read.ts";

export type Target = { kind: "task" | "run"; id: string };

/**
 * What the word names. `last` is the newest run that somebody asked for, not one that a task of it holds; or the newest task
 * where that belongs to no run.
 */
export async function targetOf(client: Client, word: string): Promise<Target> {
  if (/^r\d+$/.test(word)) return { kind: "run", id: word };
  if (word !== "last") return { kind: "task", id: await taskId(client, word) };
  const task = await newestTask(client);
  return task.run === undefined
    ? { kind: "task", id: task.id }
    : { kind: "run", id: await outermost(client, task.run) };
}

async function outermost(client: Client, run: string): Promise<string> {
  const { parent } = await client.run(run);
  const holder = parent === undefined ? undefined : (await client.task(parent)).run;
  return holder === undefined ? run : outermost(client, holder);
}

/** The id of the task that the word names, for commands that are about one task. */
export async function taskId(client: Client, word: string): Promise<string> {
  if (word === "last") return (await newestTask(client)).id;
  if (/^r\d+$/.test(word)) throw usage(`${word} is a run: name one of its tasks, such as ${word}/NAME`);
  const within = /^(r\d+|last)\/(.+)$/.exec(word);
  if (within === null) return word;
  const [, where, key] = within as unknown as [string, string, string];
  const run = where === "last" ? await lastRun(client) : where;
  const { tasks } = await client.run(run);
  const found = tasks.find((task) => task.name === key || task.id === key || task.id === word);
  if (found !== undefined) return found.id;
  // Members of an `each` are not among its tasks, and a large run has more tasks than are told of at once.
  const { items } = await client.tasks({ run, q: quoted(key), limit: 100 });
  const member = items.find((task) => task.name === key);
  if (member !== undefined) return member.id;
  const names = tasks.map((task) => task.name ?? task.id);
  const near = nearest(key, names);
  throw new OctopusError(
    "not_found",
    `run ${run} has no task ${JSON.stringify(key)}${near === undefined ? "" : ` (did you mean ${near}?)`}`,
  );
}

/** What a list is narrowed by, with ids in the place of such names. */
export async function withNames<T extends { run?: string | undefined; inside?: string | undefined }>(
  client: Client,
  filter: T,
): Promise<T> {
  const { run, inside } = filter;
  return {
    ...filter,
    ...(run === "last" && { run: await lastRun(client) }),
    ...(inside !== undefined && { inside: await taskId(client, inside) }),
  };
}

async function lastRun(client: Client): Promise<string> {
  const { kind, id } = await targetOf(client, "last");
  if (kind === "task") throw new OctopusError("not_found", `the last task, ${id}, belongs to no run`);
  return id;
}

async function newestTask(client: Client) {
  const { items } = await client.tasks({ limit: 1 });
  if (items[0] === undefined) throw new OctopusError("not_found", "there is no task yet, so none is the last one");
  return items[0];
}
