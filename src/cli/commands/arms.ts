/** `octopus arms` and `octopus arms NAME`. */
import type { ArmDetail } from "../../protocol/views.ts";
import { formatDuration } from "../../base/duration.ts";
import { OctopusError } from "../../base/errors.ts";
import { nearest } from "../../base/nearest.ts";
import { armColumns, armStateOf, bar, holderColumns, rateText, spanText } from "../../view/limits.ts";
import { renderFacts, renderTable } from "../../view/table.ts";
import { relative } from "../../view/time.ts";
import { isGroup } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { printAll } from "../list.ts";
import type { Output } from "../output.ts";
import { ARMS } from "../specs-arms.ts";

export async function run(context: Context): Promise<ExitCode> {
  const client = await context.client();
  const name = context.args[0];
  const now = Date.now();
  if (name === undefined) {
    const form = { columns: armColumns(now), name: (arm: { name: string }) => arm.name, none: "there is no arm" };
    return printAll(context, await client.arms(), form);
  }
  const arm = await client.arm(name).catch((error: unknown) => {
    throw error instanceof OctopusError && error.code === "not_found" ? unknown(name, error) : error;
  });
  context.out.answer(arm, { table: () => armText(arm, context.out, now), quiet: () => armStateOf(arm) });
  return EXIT.ok;
}

/** The word may be a command that was mistyped. */
function unknown(name: string, cause: OctopusError): OctopusError {
  const group = ARMS.find((one) => one.name === "arms")!;
  const near = isGroup(group)
    ? nearest(
        name,
        group.commands.map((command) => command.name),
      )
    : undefined;
  const hint = near === undefined ? "" : `, and no command of that name (did you mean ${near}?)`;
  const way = `octopus arms set ${name} --parallel 2 registers one`;
  return new OctopusError("not_found", `there is no arm ${JSON.stringify(name)}${hint}; ${way}`, { cause });
}

function armText(arm: ArmDetail, out: Output, now: number): string {
  const state = armStateOf(arm);
  const facts = renderFacts(
    [
      ["arm", arm.name],
      ["state", out.paint(state === "on" ? "green" : "yellow", state)],
      ["slots", bar(arm.active, arm.maxParallel)],
      ["queued", `${arm.queued}${arm.waiting === 0 ? "" : `, and ${arm.waiting} blocked or scheduled`}`],
      ["at most waiting", arm.maxQueued?.toString()],
      ["weight", String(arm.weight)],
      ["rate", arm.rate === undefined ? undefined : rateText(arm.rate)],
      ["aging", arm.agingMs === 0 ? "off: strict priorities" : `one priority each ${spanText(arm.agingMs)}`],
      ["timeout", arm.timeoutMs === undefined ? undefined : formatDuration(arm.timeoutMs)],
      ["retries", arm.retries?.toString()],
      ["handler", arm.handler],
      ["types", arm.types.join(", ")],
      ["ended", `${arm.processed}${arm.failed === 0 ? "" : `, ${arm.failed} of them failed`}`],
      ["last run", relative(arm.lastRunAt, now)],
    ],
    out.paint,
  );
  if (arm.holders.length === 0) return facts;
  return `${facts}\n\n${renderTable(holderColumns(now), arm.holders, { paint: out.paint, columns: out.columns })}`;
}
