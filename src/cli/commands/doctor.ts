/** `octopus doctor`: one line for each check, and what to do. */
import { renderTable } from "../../view/table.ts";
import type { Colour } from "../../view/paint.ts";
import { runChecks } from "../checks.ts";
import type { Finding } from "../finding.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";

const COLOURS: Record<Finding["result"], Colour> = { ok: "green", warn: "yellow", fail: "red" };

export async function run(context: Context): Promise<ExitCode> {
  const { out } = context;
  const findings = await runChecks(context);
  const hasFailed = findings.some(({ result }) => result === "fail");
  out.answer(
    { ok: !hasFailed, findings },
    {
      table: () =>
        renderTable<Finding>(
          [
            { title: "", cell: ({ result }) => result, colour: ({ result }) => COLOURS[result] },
            { title: "CHECK", cell: ({ check }) => check },
            { title: "FOUND", cell: ({ message }) => message, max: 200 },
            { title: "DO", cell: ({ advice }) => advice ?? "", max: 200 },
          ],
          findings,
          { paint: out.paint },
        ),
      quiet: () => (hasFailed ? "fail" : "ok"),
    },
  );
  return hasFailed ? EXIT.failed : EXIT.ok;
}
