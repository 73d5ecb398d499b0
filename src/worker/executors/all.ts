/** The kinds of work that a worker does: one line each. How to add one: docs/guide/new-executor.md. */
import { join } from "node:path";
import { adaptersOf } from "../adapters/desk.ts";
import { makeAdapters } from "../adapters/only.ts";
import type { Executor } from "../executor.ts";
import { makeCustom } from "./custom.ts";
import { makeDocker } from "./docker.ts";
import type { ExecutorPlace, MakeExecutor } from "./place.ts";
import { makePlugin } from "./plugin.ts";
import { sandboxOffer } from "../sandbox/offer.ts";
import { makeWasm } from "./wasm.ts";
import { whenNeeded } from "./when-needed.ts";

/** What a worker in a program does that is connected to a server: it was started for its own code. */
export const OWN_CODE: readonly MakeExecutor[] = [makeCall, makeCustom, makeAdapters];

const ALL: readonly MakeExecutor[] = [makeShell, makeHttp, makeCall, makeCustom, makeDocker, makePlugin, makeWasm];

/** Those that this worker has. Rejects with words when one that it was given cannot be used. */
export async function makeExecutors(place: ExecutorPlace, makers = ALL): Promise<Executor[]> {
  // One after the other would make a worker wait for each that looks for something.
  const made = await Promise.all(makers.map(async (make) => make(place)));
  return made.filter((executor) => executor !== undefined);
}

async function makeShell(place: ExecutorPlace): Promise<Executor> {
  const { hasGpus, settings } = place;
  const { filesDir } = settings;
  const shell = whenNeeded("shell", async () => {
    const { createShellExecutor } = await import("./shell.ts");
    const left = filesDir === undefined ? {} : { filesDir: join(filesDir, "left") };
    return createShellExecutor({ spawner: await place.spawner(), hasGpus, ...left });
  });
  const { policy } = settings;
  const made = policy === undefined ? shell : (await import("../guarded.ts")).guarded(shell, policy);
  return { ...made, labels: await sandboxOffer(place) };
}

function makeHttp(): Executor {
  return whenNeeded("http", async () => (await import("./http.ts")).createHttpExecutor());
}

function makeCall(place: ExecutorPlace): Executor {
  const { functions } = place;
  return whenNeeded("call", async () => (await import("./call.ts")).createCallExecutor(functions, adaptersOf(place)));
}
