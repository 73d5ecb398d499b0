/** `octopus cluster status`. */
import { clusterFacts, memberColumns } from "../../view/cluster.ts";
import { renderFacts, renderTable } from "../../view/table.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

export async function run({ client, out }: Context): Promise<ExitCode> {
  const cluster = await (await client()).cluster();
  const now = Date.now();
  out.answer(cluster, {
    table: () => {
      const facts = clusterFacts(cluster, now).filter(([, value]) => value !== undefined);
      const warnings = cluster.backend.warnings.map((warning) => `${out.paint("yellow", "warning")}: ${warning}\n`);
      const members = renderTable(memberColumns(now), cluster.members, { paint: out.paint, columns: out.columns });
      return `${renderFacts(facts, out.paint)}\n${warnings.join("")}\n${members}`;
    },
    quiet: () => cluster.leader ?? "",
  });
  return cluster.leader === undefined ? EXIT.failed : EXIT.ok;
}
