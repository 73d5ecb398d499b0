/** The function of the website check: judges the answers, and writes the report. */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FunctionContext } from "@octopus-tasks/octopus/worker";

interface Site {
  name: string;
  path: string;
  says: string;
}

/** What is known of a request: one of the members of the `each`. */
interface Answer {
  state: string;
  result?: { status: number; body: unknown } | null;
  error?: { message: string } | null;
}

interface Judgement {
  name: string;
  fault?: string;
}

/** A site is well when it answered, and said what it should. */
export async function judgeSites(
  input: { work: string; sites: Site[]; answers: Answer[] },
  context: FunctionContext,
): Promise<{ down: string[]; faults: string[] }> {
  const judged = input.sites.map((site, index) => ({ name: site.name, ...faultOf(site, input.answers[index]) }));
  const down = judged.filter(({ fault }) => fault !== undefined);
  const lines = judged.map(({ name, fault = "well" }) => `${name.padEnd(8)}${fault}`);
  const folder = join(input.work, context.task.run!);
  await mkdir(folder, { recursive: true });
  const report = [`SITES, ${down.length} OF ${judged.length} DOWN`, "", ...lines, ""].join("\n");
  await writeFile(join(folder, "report.part"), report);
  await rename(join(folder, "report.part"), join(folder, "report.txt"));
  context.log(report);
  return { down: down.map(({ name }) => name), faults: down.map(({ name, fault }) => `${name}: ${fault}`) };
}

function faultOf(site: Site, answer: Answer | undefined): Omit<Judgement, "name"> {
  const { result } = answer ?? {};
  if (answer?.state !== "succeeded" || result == null) {
    return { fault: /answered (\d{3})/.exec(answer?.error?.message ?? "")?.[1] ?? "no answer" };
  }
  return String(result.body).includes(site.says) ? {} : { fault: `does not say ${JSON.stringify(site.says)}` };
}
