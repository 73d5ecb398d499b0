/** Triggers on a real engine without a worker, for tests: what they start waits, and can be looked at. */
import assert from "node:assert/strict";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as parser from "unbash";
import type { Engine } from "../engine/engine.ts";
import { openEngine } from "../root/embedded.ts";
import { CommandPolicy } from "../policy/policy.ts";
import { policySettings } from "../policy/settings.ts";
import type { TaskView } from "../protocol/views.ts";
import type { TriggerConfig } from "./settings.ts";
import { Triggers } from "./triggers.ts";

const NOTHING: TriggerConfig = {
  ...{ webhook: null, watch: null, stream: null, secret: null, when: null, task: null },
  ...{ workflow: null, params: null, arm: null, rate: { limit: 1000, perMs: 1000, burst: 1000 } },
};
/** Longer than a message of JetStream takes to come again that was on its way when its reader ended (30 s). */
const HANG_MS = 60_000;

export interface TriggerPlace {
  readonly dir: string;
  readonly engine: Engine;
  readonly triggers: Triggers;
  readonly logged: string[];
  /** What was started, oldest first. */
  started(): TaskView[];
  /** Stops the triggers and starts them anew, as a restart of the server does. */
  restart(change?: Record<string, Partial<TriggerConfig>>): Promise<void>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** `make` gets the folder of the test and answers the triggers. */
export async function startTriggers(
  make: (dir: string) => Record<string, Partial<TriggerConfig>>,
  prepare: (engine: Engine) => Promise<unknown> = async () => undefined,
  isLocal = true,
): Promise<TriggerPlace> {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), "octopus-triggers-")));
  const { engine, close } = openEngine({
    dataDir: ":memory:",
    policy: new CommandPolicy(policySettings({}), () => parser),
  });
  await prepare(engine);
  const logged: string[] = [];
  const note = (_fields: object, message: string): void => void logged.push(message);
  const log = { debug: () => {}, info: () => {}, warn: note, error: note };
  const open = (said: Record<string, Partial<TriggerConfig>>): Promise<Triggers> => {
    const config = Object.fromEntries(Object.entries(said).map(([name, one]) => [name, { ...NOTHING, ...one }]));
    return Triggers.open({ config, engine, dir: join(dir, ".state"), log, isLocal });
  };
  let said = make(dir);
  let triggers: Triggers;
  try {
    triggers = await open(said);
  } catch (error) {
    await close();
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
  return {
    ...{ dir, engine, logged },
    get triggers() {
      return triggers;
    },
    started: () => engine.tasks({ limit: 1000 }).items.toReversed(),
    async restart(change) {
      await triggers.close();
      said = { ...said, ...change };
      triggers = await open(said);
    },
    stop: () => triggers.close(),
    async [Symbol.asyncDispose]() {
      await triggers.close();
      await close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Waits until `look` answers something other than undefined or false. */
export async function until<T>(what: string, look: () => T | Promise<T>): Promise<Exclude<T, undefined | false>> {
  const deadline = Date.now() + HANG_MS;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen as Exclude<T, undefined | false>;
    assert.ok(Date.now() < deadline, `${what}: not within ${HANG_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The value that a command of a started task finds in this variable. */
export function variableOf(task: TaskView | undefined, engine: Engine, name: string): string | undefined {
  const work =
    task === undefined ? undefined : (engine.task(task.id)?.work as { shell?: { env?: Record<string, string> } });
  return work?.shell?.env?.[name];
}

/** The event that started the task. */
export function eventOf(task: TaskView | undefined, engine: Engine): Record<string, unknown> {
  return JSON.parse(variableOf(task, engine, "OCTOPUS_EVENT") ?? "null") as Record<string, unknown>;
}
