/**
 * `npm run soak -- [--minutes M] [--rounds N] [--seed S] [--backend nats|nats3|postgres] [--only WORD,...] [--keep]`: three servers, two workers and what
 * they share, as real processes on this machine. In each round work comes in while something breaks, by the seed (with `--only`: of what has such a word in its name); then all
 * is mended, the work drained, and everything checked. Ends with a summary; the exit code is 1 when something was not true,
 * and the folders and the words of all processes are kept then (with `--keep`: always).
 *
 * SO1  Every process that it started has ended when it ends, by Ctrl-C too.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { check, drain } from "./check.ts";
import { type Fault, faultsOf } from "./faults.ts";
import { insideNetwork } from "./inside.ts";
import { Load } from "./load.ts";
import { type Random, randomOf } from "./random.ts";
import { type Kind, KINDS } from "./shared.ts";
import { World } from "./world.ts";

/** Work that goes on before something breaks, and while it is broken. */
const BEFORE_MS = 1500;
const BROKEN_MS_MAX = 5000;
const HEALTHY_MS = 1000;
/** One round in so many has two things break at once. */
const TWICE = 0.25;
/** Each round has numbers of its own, so that what it draws does not depend on those before. */
const ROUND = 7919;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    rounds: { type: "string", default: "1000000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    backend: { type: "string", default: "nats3" },
    only: { type: "string" },
    keep: { type: "boolean", default: false },
  },
});

function wholeNumber(option: string, text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  process.stderr.write(`${option} must be a whole number, not ${JSON.stringify(text)}\n`);
  process.exit(2);
}

function kindOf(text: string): Kind {
  const kind = KINDS.find((one) => one === text);
  if (kind !== undefined) return kind;
  process.stderr.write(`--backend must be one of ${KINDS.join(", ")}, not ${JSON.stringify(text)}\n`);
  process.exit(2);
}

const seed = wholeNumber("--seed", values.seed);
const kind = kindOf(values.backend);
const endAt = Date.now() + wholeNumber("--minutes", values.minutes) * 60_000;
const roundsMax = wholeNumber("--rounds", values.rounds);

const say = (words: string): void => {
  process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${words}\n`);
};
const interrupted = Promise.withResolvers<never>();
interrupted.promise.catch(() => {});
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => interrupted.reject(new Interrupted(signal)));

class Interrupted extends Error {}

/** Breaks these while work comes in, and mends them. */
async function breakAndMend(world: World, faults: readonly Fault[], random: Random): Promise<void> {
  await delay(BEFORE_MS);
  const mends: (() => Promise<void>)[] = [];
  try {
    for (const fault of faults) {
      const mend = await fault.run(world, random);
      if (mend !== undefined) mends.push(mend);
    }
    await delay(random.below(BROKEN_MS_MAX));
  } finally {
    for (const mend of mends) await world.mend(mend);
  }
  await world.heal();
  await delay(HEALTHY_MS);
}

async function round(world: World, load: Load, faults: readonly Fault[], random: Random): Promise<void> {
  load.start();
  try {
    await breakAndMend(world, faults, random);
  } finally {
    await load.stop();
  }
  await drain(world);
  const view = await check(world, load);
  const { term, seq, divergences, repairs } = view;
  say(
    `  well: term ${term}, record ${seq}; ${load.tasks.length} tasks, ${load.runs.length} runs, ${load.repeated} repeats`,
  );
  if (divergences > 0 || repairs > 0) say(`  ${divergences} divergences, ${repairs} repairs so far at ${view.server}`);
}

async function main(): Promise<number> {
  const network = await insideNetwork();
  say(`seed ${seed}, backend ${kind}`);
  if (typeof network === "string") say(`without partitions: ${network}`);
  const world = await World.open(kind, typeof network === "string" ? undefined : network);
  const times = new Map<string, number>();
  let rounds = 0;
  let code = 0;
  // Of its own: how much comes in depends on the machine, and what breaks does not.
  const load = new Load(world, randomOf(seed));
  try {
    const words = values.only?.split(",");
    const all = faultsOf(world).filter(({ name }) => words?.some((word) => name.includes(word)) ?? true);
    for (; rounds < roundsMax && Date.now() < endAt; rounds++) {
      const random = randomOf(seed + ROUND * (rounds + 1));
      const second = all.filter(({ isShared }) => isShared !== true);
      const faults = [random.pick(all), ...(second.length > 0 && random.chance(TWICE) ? [random.pick(second)] : [])];
      const names = faults.map(({ name }) => name).join(" and ");
      say(`round ${rounds + 1}: ${names}`);
      await Promise.race([round(world, load, faults, random), interrupted.promise]);
      for (const { name } of faults) times.set(name, (times.get(name) ?? 0) + 1);
    }
  } catch (error) {
    code = error instanceof Interrupted ? 130 : 1;
    say(error instanceof Error && code === 1 ? (error.stack ?? error.message) : String(error));
    if (code === 1) say(`round ${rounds + 1} of seed ${seed} went wrong`);
  } finally {
    if (code === 1 || values.keep) {
      const folder = mkdtempSync(join(tmpdir(), "octopus-soak-"));
      world.keep(folder);
      say(`all folders and the words of all processes are kept in ${folder}`);
    }
    await world.close();
  }
  for (const [name, count] of [...times].toSorted(([, a], [, b]) => b - a))
    say(`${String(count).padStart(5)} × ${name}`);
  say(`${rounds} rounds were well; ${load.tasks.length} tasks and ${load.runs.length} runs were acknowledged`);
  return code;
}

process.exit(await main());
