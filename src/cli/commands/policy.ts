/** `octopus policy` and `octopus policy ls`: the rules on commands. */
import type { PolicyRuleView, PolicyView } from "../../protocol/policy.ts";
import { type Column, renderTable } from "../../view/table.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

const COLUMNS: Column<PolicyRuleView>[] = [
  { title: "RULE", cell: ({ name }) => name, max: 64 },
  {
    title: "EFFECT",
    cell: ({ effect }) => effect,
    colour: ({ effect }) => (effect === "deny" ? "red" : effect === "warn" ? "yellow" : "green"),
  },
  { title: "FROM", cell: ({ from }) => from },
  { title: "FOR", cell: scopeText, max: 60 },
  { title: "WHY", cell: ({ why }) => why ?? "", max: 120 },
];

export async function run({ client: open, out }: Context): Promise<ExitCode> {
  const policy = await (await open()).policy();
  out.answer(policy, {
    table: () =>
      [
        ...modes(policy),
        ...(policy.rules.length > 0
          ? ["", renderTable(COLUMNS, policy.rules, { paint: out.paint, columns: out.columns })]
          : []),
      ].join("\n"),
    quiet: () => policy.rules.map(({ name }) => name).join("\n"),
  });
  return EXIT.ok;
}

function modes({ mode, arms }: PolicyView): string[] {
  const special = Object.entries(arms).map(([name, { mode: own, only }]) => {
    const words = [own === undefined ? [] : [own], only === undefined ? [] : [`only ${only.join(", ")}`]].flat();
    return `arm ${name}: ${words.join("; ")}`;
  });
  return [`mode: ${mode}`, ...special];
}

function scopeText({ arms, roles }: PolicyRuleView): string {
  return [arms === undefined ? "" : `arms ${arms.join(", ")}`, roles === undefined ? "" : `roles ${roles.join(", ")}`]
    .filter(Boolean)
    .join("; ");
}
