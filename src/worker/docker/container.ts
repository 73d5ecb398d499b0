/**
 * One container from its making to its removal.
 *
 * CO1  Whatever happens, the container is removed before `run` settles; when the engine does not do that, `leave` is told.
 * CO2  After the signal aborts, it settles within the grace plus LATE_MS, whether the engine answers or not.
 * CO3  All output of a container that ended by itself has been handed on before.
 */
import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { type EngineClient, EngineGone } from "./client.ts";
import { Frames } from "./frames.ts";
import { killContainer } from "./kill.ts";
import { removeContainer } from "./remove.ts";
import { type ContainerUsage, UsageWatch } from "./usage.ts";

/** After a KILL, for the engine to notice; and after an end, for the last of the output. */
const LATE_MS = 5000;
/** Of an engine that has just failed to answer. */
const REMOVE_AFTER_MS_MAX = 1000;

/** How a container ended. */
export interface ContainerEnd {
  exitCode: number;
  /** The kernel ended it, or a part of it, for want of memory. */
  isOom: boolean;
  /** Undefined for one that was quick. */
  usage: ContainerUsage | undefined;
  /** False: some of its output may be missing, for the connection to the engine broke. */
  isWhole: boolean;
}

export interface ContainerOptions {
  /** Of `POST /containers/create`. */
  body: Record<string, unknown>;
  platform?: string | undefined;
  /** Its name, which tells it from all others. */
  name: string;
  stdin?: string | undefined;
  /** It has started. */
  onStart?: (usage: UsageWatch) => void;
  onOutput: (stream: "stdout" | "stderr", bytes: Buffer) => void;
  signal: AbortSignal;
  graceMs: number;
  /** It could not be removed now; whoever looks after leftovers has it from here. */
  leave: () => void;
}

/** A name that no other container has. */
export function containerName(task: number, attempt: number): string {
  return `octopus-t${task}-${attempt}-${randomBytes(4).toString("hex")}`;
}

/**
 * Undefined when it was stopped before it started. Rejects with `EngineError` where the engine would not make or start it,
 * with `EngineGone` when the engine is lost.
 */
export async function runContainer(engine: EngineClient, options: ContainerOptions): Promise<ContainerEnd | undefined> {
  const { body, name, platform, signal } = options;
  let id: string | undefined;
  try {
    const query = { name, platform };
    ({ Id: id } = (await engine.call("POST", "/containers/create", { query, body })) as { Id: string });
  } catch (error) {
    // A refusal made nothing; of an answer that never came nobody knows.
    if (error instanceof EngineGone) await remove(engine, options, id, REMOVE_AFTER_MS_MAX);
    throw error;
  }
  let timeoutMs: number | undefined;
  try {
    return signal.aborted ? undefined : await runMade(engine, options);
  } catch (error) {
    if (error instanceof EngineGone) timeoutMs = REMOVE_AFTER_MS_MAX;
    throw error;
  } finally {
    await remove(engine, options, id, timeoutMs);
  }
}

async function runMade(engine: EngineClient, options: ContainerOptions): Promise<ContainerEnd> {
  const { name, stdin, signal, onOutput } = options;
  const path = `/containers/${name}`;
  const query = { stream: true, stdout: true, stderr: true, stdin: stdin !== undefined };
  // Before the start, or the first words are missed; the end is asked for after it, or there is none yet.
  const output = await engine.attach(`${path}/attach`, query);
  const reading = read(output, new Frames(onOutput));
  let usage: UsageWatch | undefined;
  try {
    const startWasCut = await start(engine, path);
    usage = new UsageWatch(engine, path);
    options.onStart?.(usage);
    if (stdin !== undefined) output.end(stdin);
    const { exitCode, wasCut } = await waitFor(engine, options);
    const isWhole = (await within(reading, LATE_MS)) === true && !wasCut && !startWasCut;
    const isOom = exitCode !== 0 && !signal.aborted && (await inspect(engine, path)).State?.OOMKilled === true;
    return { exitCode, isOom, isWhole, usage: usage.latest };
  } finally {
    usage?.end();
    output.destroy();
  }
}

/** True when the connection broke meanwhile. What has started, and perhaps ended, is not started again. */
async function start(engine: EngineClient, path: string): Promise<boolean> {
  try {
    await engine.call("POST", `${path}/start`);
    return false;
  } catch (error) {
    if (!(error instanceof EngineGone)) throw error;
    const { State } = await inspect(engine, path);
    if (State?.Status === "created") await engine.call("POST", `${path}/start`);
    return true;
  }
}

/** True when it was read to its end. */
async function read(output: Duplex, frames: Frames): Promise<boolean> {
  try {
    for await (const piece of output as AsyncIterable<Buffer>) frames.push(piece);
    return true;
  } catch {
    return false;
  }
}

interface Waited {
  exitCode: number;
  /** The connection broke meanwhile. */
  wasCut: boolean;
}

/** Stops the container when the attempt is to end. */
async function waitFor(engine: EngineClient, options: ContainerOptions): Promise<Waited> {
  const { name, signal, graceMs } = options;
  const path = `/containers/${name}`;
  const { promise: overdue, reject } = Promise.withResolvers<never>();
  overdue.catch(() => undefined);
  const timers: NodeJS.Timeout[] = [];
  // Each of these may find it gone or the engine away; whether it ended, `wait` says.
  const tell = (what: string, query: Record<string, string | number>): void => {
    engine.call("POST", `${path}/${what}`, { query, timeoutMs: graceMs + LATE_MS }).catch(() => undefined);
  };
  const stop = (): void => {
    tell("stop", { t: Math.ceil(graceMs / 1000) });
    timers.push(
      setTimeout(() => tell("kill", { signal: "KILL" }), graceMs),
      setTimeout(() => reject(new EngineGone("it does not end the container")), graceMs + LATE_MS),
    );
  };
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([untilEnded(engine, path), overdue]);
  } finally {
    signal.removeEventListener("abort", stop);
    timers.forEach(clearTimeout);
  }
}

async function untilEnded(engine: EngineClient, path: string): Promise<Waited> {
  for (let wasCut = false; ; wasCut = true) {
    try {
      const answer = (await engine.call("POST", `${path}/wait`, { timeoutMs: 0 })) as { StatusCode: number };
      return { exitCode: answer.StatusCode, wasCut };
    } catch (error) {
      if (!(error instanceof EngineGone)) throw error;
      // What stands between may cut a connection that is silent for long; the engine itself knows better.
      await inspect(engine, path);
    }
  }
}

async function inspect(
  engine: EngineClient,
  path: string,
): Promise<{ State?: { Status?: string; OOMKilled?: boolean } }> {
  return (await engine.call("GET", `${path}/json`)) as Awaited<ReturnType<typeof inspect>>;
}

/** With all that runs in it, and the volumes without a name. */
async function remove(
  engine: EngineClient,
  { name, leave }: ContainerOptions,
  id: string | undefined,
  timeoutMs: number | undefined,
): Promise<void> {
  try {
    await removeContainer(engine, name, timeoutMs);
  } catch {
    // The engine cannot end what runs there; the kernel can, where it is ours.
    if (engine.host.isLocal && id !== undefined) killContainer(id);
    leave();
  }
}

/** What it resolves to, or undefined when that takes longer. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
