/** `octopus arms pause|resume|drain|undrain NAME…`. */
import { armStateOf } from "../../view/limits.ts";
import type { Context } from "../context.ts";
import { forEachWord } from "../each.ts";
import { exitCodeOfError, type ExitCode, gravest } from "../exit-codes.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { args, out, spec } = context;
  const client = await context.client();
  const to = spec.name as "pause" | "resume" | "drain" | "undrain";
  const { done, errors } = await forEachWord(context, args, (name) => client.switchArm(name, to));
  out.answer(done, {
    table: () => done.map((arm) => `${arm.name}  ${armStateOf(arm)}${stillText(arm)}`).join("\n"),
    quiet: () => done.map(({ name }) => name).join("\n"),
  });
  return gravest(errors.map(exitCodeOfError));
}

/** What a person who has paused an arm wants to know: whether something still runs. */
function stillText({ active, queued }: { active: number; queued: number }): string {
  const parts = [active === 0 ? "" : `${active} running`, queued === 0 ? "" : `${queued} queued`].filter(Boolean);
  return parts.length === 0 ? "" : `  ${parts.join(", ")}`;
}
