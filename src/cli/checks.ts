/** The checks of `octopus doctor`: each says how it went and, when it went badly, what to do. */
import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { formatDuration, formatSize } from "../base/duration.ts";
import { OctopusError } from "../base/errors.ts";
import { checkCluster } from "./check-cluster.ts";
import { checkEngine } from "./check-engine.ts";
import type { Finding } from "./finding.ts";
import { loadNode } from "./node-port.ts";
import type { Context } from "./context.ts";
import { ownVersion } from "../root/version.ts";

const NODE_MAJOR_MIN = 24;
const FREE_BYTES_WARN = 1024 ** 3;
const FREE_BYTES_FAIL = 64 * 1024 ** 2;
const SKEW_MS_WARN = 2000;

type Outcome = Omit<Finding, "check">;
const ok = (message: string): Outcome => ({ result: "ok", message });
const warn = (message: string, advice: string): Outcome => ({ result: "warn", message, advice });
const fail = (message: string, advice: string): Outcome => ({ result: "fail", message, advice });

/** Runs every check. One that breaks is a finding, too. */
export async function runChecks(context: Context): Promise<Finding[]> {
  const checks: [string, () => Outcome | Promise<Outcome>][] = [
    ["node", checkNode],
    ["configuration", () => checkConfig(context)],
    ["data directory", () => checkFolder(context)],
    ["disk", () => checkDisk(context)],
    ["database", () => checkDatabase(context)],
    ["server", () => checkServer(context)],
    ["cluster", async () => checkCluster(await context.client())],
    ["clock", () => checkClock(context)],
    ["commands", checkSpawner],
    ["containers", async () => checkEngine((await context.settings()).config.worker.docker)],
  ];
  const findings: Finding[] = [];
  for (const [check, look] of checks) {
    try {
      findings.push({ check, ...(await look()) });
    } catch (error) {
      findings.push({
        check,
        ...fail(error instanceof Error ? error.message : String(error), "mend this first, then run doctor again"),
      });
    }
  }
  return findings;
}

function checkNode(): Outcome {
  const { node } = process.versions;
  if (Number(node.split(".")[0]) >= NODE_MAJOR_MIN) return ok(`Node ${node}`);
  return fail(`Node ${node} is too old`, `install Node ${NODE_MAJOR_MIN} or newer`);
}

async function checkConfig({ settings }: Context): Promise<Outcome> {
  const { file } = await settings();
  return ok(file ?? "no file; defaults and variables only");
}

async function checkFolder({ settings }: Context): Promise<Outcome> {
  const { dir } = (await settings()).config.data;
  const nearest = existing(dir);
  try {
    accessSync(nearest, constants.W_OK | constants.X_OK);
  } catch {
    return fail(`${nearest} cannot be written to`, "change its owner or mode, or name another directory with --data");
  }
  if (nearest !== dir) return ok(`${dir} does not exist yet and can be made`);
  if (!statSync(dir).isDirectory())
    return fail(`${dir} is not a directory`, "remove it, or name another one with --data");
  const mode = statSync(dir).mode & 0o777;
  if ((mode & 0o007) !== 0 && process.platform !== "win32") {
    return warn(`${dir} is open to every user of this machine (mode ${mode.toString(8)})`, `chmod 700 ${dir}`);
  }
  return ok(dir);
}

async function checkDisk({ settings }: Context): Promise<Outcome> {
  const { dir } = (await settings()).config.data;
  const { bavail, bsize } = statfsSync(existing(dir));
  const free = bavail * bsize;
  const message = `${formatSize(free)} free`;
  if (free < FREE_BYTES_FAIL) return fail(message, "free some space: submissions are refused when the disk is full");
  return free < FREE_BYTES_WARN ? warn(message, "free some space, or lower data.keep and logs.keep") : ok(message);
}

async function checkDatabase({ settings }: Context): Promise<Outcome> {
  const { data, cluster } = (await settings()).config;
  const { checkData, clusterOf } = loadNode();
  const problems = await checkData(data.dir);
  if (problems === undefined) return ok("none yet");
  const replica = await clusterOf(data.dir);
  const isClustered = cluster.nats !== null || cluster.journal !== null;
  if (problems.length === 0 && (replica !== undefined) !== isClustered)
    return replica === undefined
      ? warn("sound, and part of no cluster", "`octopus migrate` moves it into the cluster that the settings name")
      : warn(
          `a replica of cluster ${replica.cluster}, which the settings do not name`,
          "name it with cluster.nats or cluster.journal, or take the data out of it with `octopus migrate --to embedded`",
        );
  if (problems.length === 0)
    return ok(replica === undefined ? "sound" : `sound; of cluster ${replica.cluster}, up to record ${replica.record}`);
  return fail(
    problems.slice(0, 3).join("; "),
    "restore a backup: stop the server, and put the copy in the place of octopus.db",
  );
}

async function checkServer(context: Context): Promise<Outcome> {
  const client = await context.client();
  const own = ownVersion();
  try {
    const { version } = await client.version();
    const { ready, reason } = await client.ready();
    if (!ready) return warn(`${client.url} is not ready: ${reason}`, "wait a moment; its log says more");
    if (version !== own)
      return warn(`${client.url} has version ${version}, this is ${own}`, "update the older one of the two");
    return ok(`${client.url}, version ${version}`);
  } catch (error) {
    if (!(error instanceof OctopusError) || error.code !== "unreachable") throw error;
    return warn(`none answers at ${client.url}`, "start one with `octopus up`, or name one with --server");
  }
}

async function checkClock(context: Context): Promise<Outcome> {
  const now = Date.now();
  if (now < Date.UTC(2025, 0))
    return fail(`it is ${new Date(now).toISOString()} here`, "set the clock: delays and schedules depend on it");
  const client = await context.client();
  const theirs = await fetch(`${client.url}/livez`).then(
    (reply) => Date.parse(reply.headers.get("date") ?? ""),
    () => Number.NaN,
  );
  const skew = Math.abs(theirs - Date.now());
  // The Date header has whole seconds.
  if (Number.isNaN(theirs) || skew < SKEW_MS_WARN) return ok(new Date(now).toISOString());
  return warn(`this machine and the server differ by ${formatDuration(skew)}`, "synchronise both clocks (NTP)");
}

async function checkSpawner(): Promise<Outcome> {
  const { SpawnerClient } = await import("../worker/spawner/client.ts");
  const spawner = new SpawnerClient();
  try {
    const { outcome } = spawner.run({ argv: ["/bin/sh", "-c", "exit 7"] }, { onOutput: () => undefined });
    const end = await outcome;
    if (end.type === "ended" && end.code === 7) return ok("/bin/sh starts and ends as it should");
    return fail(
      `/bin/sh did not run: ${JSON.stringify(end)}`,
      "shell tasks need /bin/sh, or `shell` in the task to name another",
    );
  } finally {
    await spawner.close();
  }
}

/** The folder itself, or the nearest one above it that exists. */
function existing(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existing(dirname(path));
}
