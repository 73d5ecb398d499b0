// /// octopus
// description: Deploys by a command, one deployment at a time; looks whether what runs then is well, and takes it back if not.
// actions:
//   deploy: &deploy
//     description: Runs the command of the settings, with `params` in its environment as DEPLOY_NAME.
//     inputs:
//       type: object
//       properties:
//         params: { type: object, description: "By name what the command needs: {version: \"1.2.3\"} is DEPLOY_VERSION." }
//         command: { description: "Text for a shell, or a list of a program and its arguments; where no settings say it." }
//         rollback: { description: Command that takes it back. }
//         health: { type: object, description: "{url, status, contains, within, every}: what must answer before it counts." }
//         name: { type: string, description: "Of what is deployed; of one name there is one at a time." }
//         cwd: { type: string }
//     args: [params]
//   main: *deploy
// ///
/**
 * Deploys by a command that the deployment has configured.
 *
 * DP1  Of one name one deployment runs on this machine at a time; others wait for it.
 * DP2  A command that fails, and one after which the health check does not pass in its time, is followed by the rollback, and
 *      is a failure however that ends.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

type Command = string | string[];

interface Health {
  url: string;
  /** Default: 200. */
  status?: number;
  /** Text that the answer must hold. */
  contains?: string;
  /** Seconds in which it must have passed once. Default 60. */
  within?: number;
  /** Seconds between two looks. Default 1. */
  every?: number;
}

interface Settings {
  command?: Command;
  rollback?: Command;
  health?: Health;
  params?: Record<string, unknown>;
  name?: string;
  cwd?: string;
  env?: Record<string, string>;
}

interface Context {
  config?: Settings;
  signal: AbortSignal;
  task?: { id: string };
  log(text: string): void;
}

export async function deploy(...values: unknown[]): Promise<object> {
  const context = values.at(-1) as Context;
  const { config = {}, signal } = context;
  const given = givenIn(values.slice(0, -1));
  // What the deployment has settled is not for a caller to change.
  const { command, rollback, health, cwd, name = "deployment", env }: Settings = { ...given, ...config };
  const params = { ...config.params, ...given.params };
  if (command === undefined || command.length === 0)
    throw new Error("`command` is missing: set it in the settings of the adapter, or in the call");
  const how = { cwd, env: { ...env, ...variablesOf(params) }, signal };
  const begun = performance.now();
  const release = await takeTurn(name, context);
  try {
    const problem = (await run(command, how)) ?? (health && (await look(health, context)));
    if (problem === undefined)
      return { status: "deployed", name, params, durationMs: Math.round(performance.now() - begun) };
    const after = rollback === undefined ? "there is no rollback" : await takeBack(rollback, how, context);
    throw new Error(`${name} was not deployed: ${problem}; ${after}`);
  } finally {
    release();
  }
}

export function main(...values: unknown[]): Promise<object> {
  return deploy(...values);
}

/** The parameters alone, or among other values by name. */
function givenIn(values: unknown[]): Settings {
  const [first] = values as (Settings | undefined)[];
  if (first === undefined) return {};
  const isNamed = ["params", "command", "rollback", "health", "name", "cwd"].some((name) => name in first);
  return isNamed ? first : { params: first as Record<string, unknown> };
}

function variablesOf(params: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      `DEPLOY_${name.replace(/[^A-Za-z0-9]/g, "_").toUpperCase()}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

interface How {
  cwd?: string | undefined;
  env: Record<string, string>;
  signal?: AbortSignal;
}

/** Resolves with what went wrong, or with nothing. Its output is that of the plugin. */
function run(command: Command, { cwd, env, signal }: How): Promise<string | undefined> {
  const [program, ...args] = typeof command === "string" ? ["/bin/sh", "-c", command] : command;
  const options = { stdio: ["ignore", "inherit", "inherit"] as const, env: { ...process.env, ...env }, cwd, signal };
  return new Promise((resolve) => {
    const child = spawn(program!, args, { ...options, stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", (error) => resolve(`its command could not run: ${error.message}`));
    child.on("exit", (code, killedBy) => {
      if (code === 0) resolve(undefined);
      else
        resolve(
          killedBy === null ? `its command ended with exit code ${code}` : `its command was ended by ${killedBy}`,
        );
    });
  });
}

async function takeBack(rollback: Command, how: How, { log }: Context): Promise<string> {
  log("taking it back");
  // It has to be done although the deployment was told to stop.
  const problem = await run(rollback, { cwd: how.cwd, env: how.env });
  return problem === undefined ? "it was taken back" : `it could not be taken back: ${problem}`;
}

async function look({ url, status = 200, contains, within = 60, every = 1 }: Health, { signal, log }: Context) {
  const until = performance.now() + within * 1000;
  for (let looks = 1; ; looks++) {
    const problem = await lookOnce(url, status, contains, AbortSignal.any([signal, AbortSignal.timeout(5000)]));
    if (problem === undefined) return undefined;
    if (signal.aborted) return "it was told to stop before it was found well";
    if (performance.now() + every * 1000 > until)
      return `${url} was not well within ${within} seconds (${looks} looks): ${problem}`;
    if (looks === 1) log(`waiting for ${url}: ${problem}`);
    await wait(every * 1000);
  }
}

async function lookOnce(url: string, status: number, contains: string | undefined, signal: AbortSignal) {
  try {
    const answer = await fetch(url, { signal, redirect: "manual" });
    const text = await answer.text();
    if (answer.status !== status) return `it answers ${answer.status}, not ${status}`;
    return contains === undefined || text.includes(contains) ? undefined : `its answer does not hold ${contains}`;
  } catch (error) {
    const { cause, message } = error as Error;
    return cause instanceof Error ? cause.message : message;
  }
}

/** Only one process can listen at an address, and it is free again when that one ends, however it does. */
async function takeTurn(name: string, { signal, log }: Context): Promise<() => void> {
  const word = `octopus-deploy-${createHash("sha256").update(name).digest("hex").slice(0, 16)}`;
  for (let tries = 0; ; tries++) {
    const server = await listen(addressOf(word));
    if (server !== undefined) return () => void server.close();
    if (signal.aborted) throw new Error(`it was told to stop while another deployment of ${name} ran`);
    if (tries === 0) log(`waiting for another deployment of ${name}`);
    await wait(200);
  }
}

function addressOf(word: string): string {
  if (process.platform === "linux") return `\0${word}`;
  return process.platform === "win32" ? `\\\\.\\pipe\\${word}` : join(tmpdir(), `${word}.sock`);
}

/** Undefined when somebody listens there already. */
async function listen(address: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy()).unref();
  const isFree = await new Promise<boolean>((resolve, reject) => {
    server.once("listening", () => resolve(true));
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(false) : reject(error),
    );
    server.listen(address);
  });
  if (isFree) return server;
  // Where an address is a file, that of a process that was killed stays.
  const isFile = address.startsWith("/");
  if (isFile && !(await answers(address))) rmSync(address, { force: true });
  return undefined;
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => socket.destroy());
  });
}
