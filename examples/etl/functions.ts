/**
 * The functions of the ETL example. Each reads files of the run's folder and writes one of its own, by writing it aside
 * and renaming it: a task that is repeated after a crash finds either all of a file or nothing.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import type { FunctionContext } from "@octopus-tasks/octopus/worker";
import { distanceKm, table } from "./text.ts";

interface Input {
  /** Folder of all runs. */
  work: string;
}

/** The CSV files. In the published package the compiled functions lie in dist/examples/etl, the data do not. */
const DATA = [join(import.meta.dirname, "data"), join(import.meta.dirname, "../../../examples/etl/data")].find(
  existsSync,
)!;

/** Life of the source, in seconds. */
const SOURCE_SECONDS = 60;

export async function prepareFolder(input: Input, context: FunctionContext): Promise<{ folder: string }> {
  const folder = folderOf(input, context);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  return { folder };
}

/** Starts the source, unless one answers for this run already. */
export async function startSource(input: Input, context: FunctionContext): Promise<{ url: string }> {
  return { url: await runningSource(folderOf(input, context), context) };
}

export async function extract(input: Input & { file: string }, context: FunctionContext): Promise<{ bytes: number }> {
  const folder = folderOf(input, context);
  // The machine may have been restarted since the source was started: look, and start it again if need be.
  const url = `${await runningSource(folder, context)}/${input.file}`;
  const response = await fetch(url, { signal: context.signal });
  if (!response.ok) throw new Error(`${url} answered ${response.status} ${await response.text()}`);
  const text = await response.text();
  await save(folder, input.file, text);
  context.log(`${input.file}: ${text.length} characters from ${url}`);
  return { bytes: text.length };
}

export async function stopSource(input: Input, context: FunctionContext): Promise<{ stopped: boolean }> {
  const url = await addressOf(folderOf(input, context));
  if (url === undefined || !(await answers(url, context))) return { stopped: false };
  await fetch(`${url}/stop`, { method: "POST", signal: context.signal });
  return { stopped: true };
}

/** Keeps the routes that lead somewhere else and were flown often enough to be a service. */
export async function cleanRoutes(
  input: Input & { minFlights: number },
  context: FunctionContext,
): Promise<{ read: number; kept: number }> {
  const folder = folderOf(input, context);
  const lines = (await readFile(join(folder, "routes.csv"), "utf8")).trimEnd().split("\n").slice(1);
  const kept: string[] = [];
  for (const [index, line] of lines.entries()) {
    const [origin, destination, flights] = line.split(",");
    if (origin !== destination && Number(flights) >= input.minFlights)
      kept.push(`${origin}\t${destination}\t${flights}`);
    if (index % 1000 === 0) context.progress(index / lines.length, `${index} of ${lines.length} routes`);
  }
  await save(folder, "routes.tsv", `${kept.join("\n")}\n`);
  context.log(`kept ${kept.length} of ${lines.length} routes`);
  return { read: lines.length, kept: kept.length };
}

export async function load(input: Input, context: FunctionContext): Promise<{ airports: number; routes: number }> {
  const folder = folderOf(input, context);
  const airports = await rows(folder, "airports.tsv");
  const routes = await rows(folder, "routes.tsv");
  const part = join(folder, "flights.part");
  await rm(part, { force: true });
  const database = new DatabaseSync(part);
  try {
    database.exec(`
      CREATE TABLE airports (iata TEXT PRIMARY KEY, name TEXT, city TEXT, state TEXT, latitude REAL, longitude REAL);
      CREATE TABLE routes (origin TEXT, destination TEXT, flights INTEGER, PRIMARY KEY (origin, destination));
      BEGIN`);
    const airport = database.prepare("INSERT INTO airports VALUES (?, ?, ?, ?, ?, ?)");
    for (const row of airports) airport.run(...row);
    const route = database.prepare("INSERT INTO routes VALUES (?, ?, ?)");
    for (const row of routes) route.run(...row);
    database.exec("COMMIT");
  } finally {
    database.close();
  }
  await rename(part, join(folder, "flights.db"));
  context.log(`${airports.length} airports and ${routes.length} routes are in ${join(folder, "flights.db")}`);
  return { airports: airports.length, routes: routes.length };
}

const QUESTIONS = {
  busiest: `
    SELECT iata, name, state, sum(flights) AS departures FROM airports JOIN routes ON origin = iata
    GROUP BY iata ORDER BY departures DESC, iata LIMIT ?`,
  longest: `
    SELECT origin || '-' || destination AS route, flights, distance_km(a.latitude, a.longitude, b.latitude, b.longitude) AS km,
      a.city || ' to ' || b.city AS cities
    FROM routes JOIN airports a ON a.iata = origin JOIN airports b ON b.iata = destination
    WHERE origin < destination ORDER BY km DESC, route LIMIT ?`,
};

/** Asks the database a question, and keeps the answer as a table. */
export async function query(
  input: Input & { question: keyof typeof QUESTIONS; top: number },
  context: FunctionContext,
): Promise<{ rows: number }> {
  const folder = folderOf(input, context);
  const database = new DatabaseSync(join(folder, "flights.db"), { readOnly: true });
  try {
    database.function("distance_km", { deterministic: true }, (a, b, c, d) =>
      distanceKm(Number(a), Number(b), Number(c), Number(d)),
    );
    const found = database.prepare(QUESTIONS[input.question]).all(input.top) as Record<string, string | number>[];
    const text = table(
      Object.keys(found[0] ?? {}),
      found.map((row) => Object.values(row)),
    );
    await save(folder, `${input.question}.txt`, text);
    return { rows: found.length };
  } finally {
    database.close();
  }
}

export async function report(input: Input, context: FunctionContext): Promise<{ file: string; text: string }> {
  const folder = folderOf(input, context);
  const part = (file: string): Promise<string> => readFile(join(folder, file), "utf8");
  const states = (await rows(folder, "states.tsv")).map(([state, count]) => [state!, Number(count)]);
  const text = [
    "AIR TRAVEL IN THE UNITED STATES, 2008\n",
    `Busiest airports, by departures\n\n${await part("busiest.txt")}`,
    `Longest routes, one way\n\n${await part("longest.txt")}`,
    `States with the most airports\n\n${table(["state", "airports"], states)}`,
  ].join("\n");
  await save(folder, "report.txt", text);
  context.log(text);
  return { file: join(folder, "report.txt"), text };
}

function folderOf(input: Input, context: FunctionContext): string {
  return join(input.work, context.task.run ?? "alone");
}

async function rows(folder: string, file: string): Promise<string[][]> {
  const text = await readFile(join(folder, file), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t"));
}

async function save(folder: string, file: string, text: string): Promise<void> {
  const part = join(folder, `${file}.${process.pid}.part`);
  await writeFile(part, text);
  await rename(part, join(folder, file));
}

/** The URL of the source of this run; starts it when none answers. */
async function runningSource(folder: string, context: FunctionContext): Promise<string> {
  const known = await addressOf(folder);
  if (known !== undefined && (await answers(known, context))) return known;
  await rm(join(folder, "source.url"), { force: true });
  const server = join(import.meta.dirname, `source-server${extname(import.meta.filename)}`);
  const options = { detached: true, stdio: "ignore" } as const;
  const child = spawn(process.execPath, [server, DATA, folder, String(SOURCE_SECONDS)], options);
  child.on("error", (error) => context.log(`the source does not start: ${error.message}`));
  child.unref();
  for (;;) {
    const url = await addressOf(folder);
    if (url !== undefined && (await answers(url, context))) return url;
    // There is nothing to wait on across processes; the task's timeout bounds the loop.
    await delay(20, undefined, { signal: context.signal });
  }
}

async function addressOf(folder: string): Promise<string | undefined> {
  return (await readFile(join(folder, "source.url"), "utf8").catch(() => undefined))?.trim();
}

async function answers(url: string, context: FunctionContext): Promise<boolean> {
  const response = await fetch(`${url}/health`, { signal: context.signal }).catch(() => undefined);
  context.signal.throwIfAborted();
  return response?.ok ?? false;
}
