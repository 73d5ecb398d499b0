/** `octopus arms set NAME`. */
import type { ArmSubmission } from "../../protocol/arm.ts";
import { armColumns } from "../../view/limits.ts";
import { renderTable } from "../../view/table.ts";
import { readRate } from "../asks.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { durationOf, listOf, textOf, usage, wholeOf } from "../read.ts";
import { changeOf, isNone } from "../settings-text.ts";

const COUNT_MAX = 1_000_000;

export async function run(context: Context): Promise<ExitCode> {
  const { args, options, out } = context;
  const count = (name: string, min: number, max: number): number | null | undefined =>
    changeOf(options, name, () => wholeOf(options, name, min, max));
  const types = listOf(options, "types");
  const change: ArmSubmission = {
    maxParallel: count("parallel", 1, COUNT_MAX),
    weight: count("weight", 1, 1000),
    maxQueued: count("maxQueued", 1, 1_000_000_000),
    retries: count("retries", 0, 1000),
    aging: changeOf(options, "aging", durationOf),
    timeout: changeOf(options, "timeout", durationOf),
    handler: changeOf(options, "handler", textOf),
    rate: changeOf(options, "rate", (_, name) => {
      const text = textOf(options, name);
      return text === undefined ? undefined : readRate(text, "--rate");
    }),
    types: types?.length === 1 && isNone(types[0]) ? null : types,
  };
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const isNew = Object.keys(given).length === 0;
  const client = await context.client();
  const name = args[0]!;
  if (isNew && (await client.arms()).some((arm) => arm.name === name))
    throw usage(`say what to change of the arm ${name}, such as --parallel 4; octopus arms ${name} shows it`);
  const arm = await client.configureArm(name, given);
  out.answer(arm, {
    table: () => renderTable(armColumns(Date.now()), [arm], { paint: out.paint, columns: out.columns }),
    quiet: () => arm.name,
  });
  return EXIT.ok;
}
