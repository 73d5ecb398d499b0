/** `octopus approve ID…` and `octopus reject ID…`: the answer to tasks that wait for a person. */
import { userInfo } from "node:os";
import { OctopusError } from "../../base/errors.ts";
import type { Client } from "../../client/mod.ts";
import type { Context } from "../context.ts";
import { forEachTarget } from "../each.ts";
import { exitCodeOfError, type ExitCode, gravest } from "../exit-codes.ts";
import { textOf } from "../read.ts";
import type { Target } from "../target.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { spec, options, out } = context;
  const client = await context.client();
  const approve = spec.name === "approve";
  const note = textOf(options, "note");
  const verdict = { by: textOf(options, "by") ?? ownName(), ...(note !== undefined && { note }) };
  const { done, errors } = await forEachTarget(context, async (target) =>
    client.approveTask(await askedIn(client, target), approve, verdict),
  );
  const word = approve ? "approved" : "rejected";
  out.answer(done, {
    table: () => done.map(({ id, state }) => `${id}  ${word}, ${state}`).join("\n"),
    quiet: () => done.map(({ id }) => id).join("\n"),
  });
  return gravest(errors.map(exitCodeOfError));
}

/** Whoever answers is told of with the task. */
export function ownName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user without an entry in the list of users, as in some containers.
    return `user ${process.getuid?.() ?? ""}`.trim();
  }
}

/** The task itself; of a run the one that waits, where there is one and no more. */
async function askedIn(client: Client, { kind, id }: Target): Promise<string> {
  if (kind === "task") return id;
  const { items } = await client.tasks({ run: id, awaiting: "approval", limit: 10 });
  if (items.length === 1) return items[0]!.id;
  if (items.length === 0)
    throw new OctopusError("conflict", `nothing in ${id} waits for a person: octopus explain ${id}`);
  const names = items.map((task) => `${id}/${task.name ?? task.id}`).join(", ");
  throw new OctopusError("conflict", `several tasks of ${id} wait for a person, name one: ${names}`);
}
