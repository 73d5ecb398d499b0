/** `octopus schedule pause|resume|trigger|rm NAME…`. */
import type { Client } from "../../client/mod.ts";
import { relative } from "../../view/time.ts";
import type { Context } from "../context.ts";
import { forEachWord } from "../each.ts";
import { exitCodeOfError, type ExitCode, gravest } from "../exit-codes.ts";
import { removeEach } from "../remove.ts";

/** What is said of each: the view for programs, and a line for people. */
type Said = { view: unknown; line: string; id: string };

export async function run(context: Context): Promise<ExitCode> {
  const { args, out, spec } = context;
  if (spec.name === "rm") return removeEach(context, (client, name) => client.removeSchedule(name));
  const client = await context.client();
  const change =
    spec.name === "trigger" ? trigger : (one: Client, name: string) => pause(one, name, spec.name === "pause");
  const { done, errors } = await forEachWord(context, args, (name) => change(client, name));
  out.answer(
    done.map(({ view }) => view),
    { table: () => done.map(({ line }) => line).join("\n"), quiet: () => done.map(({ id }) => id).join("\n") },
  );
  return gravest(errors.map(exitCodeOfError));
}

async function pause(client: Client, name: string, paused: boolean): Promise<Said> {
  const view = await client.pauseSchedule(name, paused);
  const next = view.nextAt === undefined ? "no tick to come" : `next ${relative(view.nextAt, Date.now())}`;
  return { view, id: name, line: `${name}  ${paused ? "paused" : next}` };
}

async function trigger(client: Client, name: string): Promise<Said> {
  const view = await client.triggerSchedule(name);
  const line = [name, view.action, view.made ?? "", view.reason ?? ""].filter(Boolean).join("  ");
  return { view, id: view.made ?? name, line };
}
