/**
 * A nightly report, written in TypeScript: the names of tasks, their outputs and the params are known to the type checker.
 *
 *     node workflow.ts              runs it in this process
 *     node workflow.ts --print      prints the workflow file, for octopus apply
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cel, call, each, Octopus, shell, task, workflow } from "@octopus-tasks/octopus";

/** In the published package the compiled file lies in dist/examples/nightly, the data do not. */
const DATA = [join(import.meta.dirname, "data"), join(import.meta.dirname, "../../../examples/nightly/data")].find(
  existsSync,
)!;

const HOUR_MS = 3_600_000;

/** Names of the meters in the file. */
export const listMeters = task("list-meters", async ({ input }: { input: { file: string } }) => {
  const lines = (await readFile(input.file, "utf8")).trimEnd().split("\n").slice(1);
  return { meters: [...new Set(lines.map((line) => line.split(",")[0]!))], lines: lines.length };
});

/** What one meter says: how much was used, hours without a reading, and the hour with the highest use. */
export const readMeter = task(
  "read-meter",
  { retries: 2 },
  async ({ input }: { input: { file: string; meter: string } }) => {
    const lines = (await readFile(input.file, "utf8")).trimEnd().split("\n").slice(1);
    const readings = lines
      .map((line) => line.split(",") as [string, string, string])
      .filter(([meter]) => meter === input.meter)
      .map(([, at, kwh]) => ({ at: Date.parse(at), kwh: Number(kwh) }));
    let gaps = 0;
    let peak = { at: 0, kwh: 0 };
    for (const [index, { at, kwh }] of readings.entries()) {
      const before = readings[index - 1];
      if (before === undefined) continue;
      gaps += Math.round((at - before.at) / HOUR_MS) - 1;
      if (at - before.at === HOUR_MS && kwh - before.kwh > peak.kwh) peak = { at, kwh: kwh - before.kwh };
    }
    return {
      meter: input.meter,
      used: Number((readings.at(-1)!.kwh - readings[0]!.kwh).toFixed(2)),
      gaps,
      peak: { at: new Date(peak.at).toISOString(), kwh: Number(peak.kwh.toFixed(2)) },
    };
  },
);

interface MeterLine {
  meter: string;
  used: number;
  gaps: number;
  peak: { at: string; kwh: number };
}

/** Writes the report, and answers what somebody should look at. */
export const writeReport = task(
  "write-report",
  async ({
    input,
    task,
  }: {
    input: { work: string; limit: number; meters: (MeterLine | null)[] };
    task: { run?: string | undefined };
  }) => {
    const meters = input.meters.filter((one) => one !== null).toSorted((a, b) => b.used - a.used);
    const odd = meters.filter(({ gaps, peak }) => gaps > 0 || peak.kwh > input.limit).map(({ meter }) => meter);
    const lines = meters.map(
      ({ meter, used, gaps, peak }) =>
        `${meter.padEnd(10)} ${used.toFixed(2).padStart(8)} kWh  peak ${peak.kwh.toFixed(2).padStart(5)} at ${peak.at.slice(0, 13)}h${gaps > 0 ? `  ${gaps} readings missing` : ""}`,
    );
    const total = Number(meters.reduce((sum, { used }) => sum + used, 0).toFixed(2));
    const folder = join(input.work, task.run!);
    await mkdir(folder, { recursive: true });
    const text = ["TWO DAYS OF FIVE METERS", "", ...lines, "", `all        ${total.toFixed(2).padStart(8)} kWh`, ""];
    await writeFile(join(folder, "report.part"), text.join("\n"));
    await rename(join(folder, "report.part"), join(folder, "report.txt"));
    return { total, odd };
  },
);

export const nightly = workflow("nightly", {
  description: "Reads every meter by a task of its own, and reports what was used and what is odd.",
  schedule: { cron: "30 2 * * *", overlap: "skip" },
  concurrency: { group: "nightly", limit: 1, overlap: "queue" },
  params: {
    work: { type: "string", default: "/tmp/octopus-nightly" },
    file: { type: "string", default: join(DATA, "meters.csv") },
    /** Kilowatt-hours in one hour that are odd. */
    limit: { type: "number", default: 5 },
  },
  timeout: "1m",
})
  .task("meters", (_, { params }) => call(listMeters, { file: params.file }))
  .task(
    "read",
    ({ meters }, { params }) =>
      each(meters.outputs.meters, ({ item }) => call(readMeter, { file: params.file, meter: item }), {
        maxParallel: 3,
      }),
    { needs: "meters" },
  )
  .task(
    "report",
    ({ read }, { params }) => call(writeReport, { work: params.work, limit: params.limit, meters: read.result }),
    { needs: "read" },
  )
  .task(
    "warn",
    shell('echo "look at: $ODD" >&2; echo "told=yes" >> "$OCTOPUS_OUTPUT"', { outputs: { told: "string" } }),
    {
      needs: "report",
      when: ({ report }) => cel`size(${report.outputs.odd}) > 0`,
      env: { ODD: ({ report }) => cel`${report.outputs.odd}.join(", ")` },
    },
  )
  .outputs({ total: ({ report }) => report.outputs.total, odd: ({ report }) => report.outputs.odd });

/** What runs here: a worker needs these. */
export const tasks = [listMeters, readMeter, writeReport];

if (process.argv[1] === import.meta.filename) {
  if (process.argv.includes("--print")) process.stdout.write(nightly.toYaml());
  else {
    await using octopus = await Octopus.open({ dataDir: ":memory:", tasks });
    const { outputs, run } = await (await octopus.run(nightly)).result();
    // The types of the outputs are those of the tasks that they come from.
    console.log(`${run.id}: ${outputs.total.toFixed(2)} kWh, look at ${outputs.odd.join(" and ")}`);
  }
}
