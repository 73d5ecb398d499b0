/**
 * Processes of a case: Octopus as people start it, and helpers of the benchmark. Each is a process of its own, known by
 * its pid, and ends with this one whatever happens.
 */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Client, connect } from "../../src/client/mod.ts";
import type { CaseContext } from "./case.ts";
import { waitFor } from "./wait.ts";

const CLI = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
/** Functions that tasks of the benchmark call. */
export const FUNCTIONS = fileURLToPath(new URL("../parts/functions.ts", import.meta.url));
const KILL_MS = 20_000;

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

function keep(child: ChildProcess): ChildProcess {
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/** Asks a process to end and waits until it has; one that does not is killed. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const timer = setTimeout(() => child.kill("SIGKILL"), KILL_MS);
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
  clearTimeout(timer);
}

function octopus(context: CaseContext, args: string[]): ChildProcess {
  const child = spawn(process.execPath, [...context.nodeArgs, context.cli ?? CLI, ...args, "--log-level", "warn"], {
    cwd: context.folder,
    env: { PATH: process.env.PATH, HOME: context.folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  // That it stops when told to is no news; anything else on standard error is.
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    if (!text.startsWith("octopus: stopping")) process.stderr.write(text);
  });
  return keep(child);
}

export interface ServerProcess {
  child: ChildProcess;
  pid: number;
  url: string;
  client: Client;
}

/** `octopus server` on a free port, with a data directory of its own. `more`: further words. */
export async function startServer(
  context: CaseContext,
  dir = "data",
  more: readonly string[] = [],
): Promise<ServerProcess> {
  const child = octopus(context, ["server", "--port", "0", "--data", dir, ...more]);
  let said = "";
  child.stdout!.setEncoding("utf8").on("data", (text: string) => (said += text));
  const url = await waitFor("the server's address", () => {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}: ${said}`);
    return /(http:\/\/\S+?),/.exec(said)?.[1];
  });
  return { child, pid: child.pid!, url, client: connect(url) };
}

/** `octopus worker` for that server, once the server counts it as online. */
export async function startWorker(
  context: CaseContext,
  { client, url }: ServerProcess,
  slots: number,
  name = "bench",
): Promise<ChildProcess> {
  const child = octopus(context, [
    "worker",
    "--server",
    url,
    "--slots",
    `${slots}`,
    "--functions",
    context.functions ?? FUNCTIONS,
    "--name",
    name,
  ]);
  await waitFor("the worker's connection", async () => {
    if (child.exitCode !== null) throw new Error(`the worker ended with ${child.exitCode}`);
    const { workers } = await client.status();
    return workers.some((worker) => worker.name === name && worker.state === "online") ? true : undefined;
  });
  return child;
}

/** A helper of the benchmark, `bench/parts/NAME.ts`; it ends when this process lets go of it. */
export function startPart(context: CaseContext, name: string, args: readonly string[] = []): ChildProcess {
  const file = fileURLToPath(new URL(`../parts/${name}.ts`, import.meta.url));
  return keep(fork(file, [...args], { execArgv: [...context.nodeArgs], cwd: context.folder }));
}

/** The next message of a helper; rejects when it ends instead. */
export function answer<T>(child: ChildProcess, name: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => reject(new Error(`bench/parts/${name}.ts ended with ${code}`));
    child.once("exit", onExit);
    child.once("message", (message) => {
      child.off("exit", onExit);
      resolve(message as T);
    });
  });
}
