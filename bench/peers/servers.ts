/**
 * Redis and PostgreSQL for the peers: Debian's packages, started here on free ports with folders of their own, and ended by
 * their pids. Durable as their documents say: Redis with `appendfsync always`, PostgreSQL as it comes.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { waitFor } from "../harness/wait.ts";

export interface PeerServer {
  url: string;
  about: string;
  stop(): Promise<void>;
}

/** Why a peer is left out. */
export class Unavailable extends Error {}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Starts a program and waits until it says `ready`. */
async function start(
  command: string,
  args: string[],
  options: { ready: string; uid?: number | undefined; gid?: number | undefined },
): Promise<ChildProcess> {
  const { ready, uid, gid } = options;
  const who = uid === undefined || gid === undefined ? {} : { uid, gid };
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...who });
  let said = "";
  let failed: Error | undefined;
  child.on("error", (error) => (failed = error));
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-10_000)));
  process.once("exit", () => child.kill("SIGKILL"));
  await waitFor(`the start of ${command}`, () => {
    if (failed !== undefined) throw new Unavailable(`${command} does not start: ${failed.message}`);
    if (child.exitCode !== null) throw new Unavailable(`${command} ended with ${child.exitCode}: ${said}`);
    return said.includes(ready) ? true : undefined;
  });
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
  child.kill(signal);
  await ended;
  clearTimeout(timer);
}

export async function startRedis(folder: string): Promise<PeerServer> {
  const port = await freePort();
  const dir = join(folder, "redis");
  mkdirSync(dir);
  const options = [
    "--port",
    `${port}`,
    "--bind",
    "127.0.0.1",
    "--dir",
    dir,
    "--appendonly",
    "yes",
    "--appendfsync",
    "always",
    "--save",
    "",
  ];
  const child = await start("redis-server", options, { ready: "Ready to accept connections" });
  const version = /v=(\S+)/.exec(execFileSync("redis-server", ["--version"], { encoding: "utf8" }))?.[1];
  return {
    url: `redis://127.0.0.1:${port}`,
    about: `Redis ${version}, appendfsync always`,
    stop: () => end(child, "SIGTERM"),
  };
}

/** Folder of the newest PostgreSQL's programs. */
function postgresPrograms(): string {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root)
    ? readdirSync(root).filter((name) => existsSync(join(root, name, "bin/initdb")))
    : [];
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined) throw new Unavailable("no PostgreSQL here; on Debian: apt-get install postgresql-15");
  return join(root, newest, "bin");
}

/** PostgreSQL does not run as root; Debian's package brings a user for it. */
function postgresUser(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

export async function startPostgres(folder: string): Promise<PeerServer> {
  const programs = postgresPrograms();
  const who = postgresUser();
  const port = await freePort();
  const dir = join(folder, "postgres");
  mkdirSync(dir, { mode: 0o700 });
  if (who.uid !== undefined) {
    chmodSync(folder, 0o711);
    chownSync(dir, who.uid, who.gid!);
  }
  execFileSync(join(programs, "initdb"), ["-D", dir, "-A", "trust", "-U", "postgres", "-E", "UTF8"], {
    stdio: "ignore",
    ...who,
  });
  const args = ["-D", dir, "-p", `${port}`, "-k", dir, "-h", "127.0.0.1"];
  const child = await start(join(programs, "postgres"), args, { ready: "ready to accept connections", ...who });
  const version = /\d+\.\d+/.exec(execFileSync(join(programs, "postgres"), ["--version"], { encoding: "utf8" }))?.[0];
  // SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    about: `PostgreSQL ${version}, settings as it comes`,
    stop: () => end(child, "SIGINT"),
  };
}
