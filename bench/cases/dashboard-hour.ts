/**
 * The dashboard that nobody looks at: an hour of live updates in pages that stay open, and what each of them holds then. Not
 * among the cases that run by themselves, for it takes an hour (six minutes for a quick look).
 *
 * Each minute is written to `bench/results/dashboard-hour.jsonl` as it is measured, so that a run that breaks off has told
 * what it saw.
 */
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { CDPSession } from "playwright-core";
import { buildWeb } from "../../scripts/build-web.ts";
import type { Client, TaskSubmission } from "../../src/client/mod.ts";
import { closeBrowser, theBrowser } from "../../test/e2e/browser.ts";
import { shown } from "../../test/e2e/shown.ts";
import { atMost, type Case, type Figure, type Measured, scaled } from "../harness/case.ts";
import { RESULTS } from "../harness/disk.ts";
import { memoryOf } from "../harness/proc.ts";
import { type ServerProcess, startServer, startWorker, stop } from "../harness/processes.ts";
import { median } from "../harness/statistics.ts";

const MINUTES = 60;
const MINUTE_MS = 60_000;
/** Tasks a second; each is three events on the feed. */
const TASKS_PER_S = 50;
/** One in so many fails, so that dead letters and failures change as well. */
const FAILS_EVERY = 250;
/** What the first minutes hold is still being filled: histories, windows of lists, the lines of a log. */
const FILLING = 0.25;
const FILE = join(RESULTS, "dashboard-hour.jsonl");

/** A step of a run that is open on a page all the time. */
const STEP_S = 12;

interface Watched {
  readonly name: string;
  readonly cdp: CDPSession;
}

/** What one page holds, at one moment, after all was collected that could be. */
interface Held {
  heapMb: number;
  nodes: number;
  listeners: number;
}

interface Minute {
  minute: number;
  serverMb: number;
  pages: Record<string, Held>;
}

export const dashboardHour: Case = {
  name: "dashboard-hour",
  title: "what open pages hold after an hour of 150 events/s",
  async run(context) {
    await buildWeb();
    const minutes = scaled(context, MINUTES);
    const server = await startServer(context);
    const worker = await startWorker(context, server, 20);
    try {
      return await measure(server, minutes);
    } finally {
      await closeBrowser();
      await stop(worker);
      await stop(server.child);
    }
  },
};

async function measure(server: ServerProcess, minutes: number): Promise<Measured> {
  const pages = await openPages(server.url, await prepare(server.client, minutes));
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(FILE, "");
  const ending = new AbortController();
  const source = submitUntil(server.client, ending.signal);
  const seen: Minute[] = [];
  const begun = performance.now();
  try {
    for (let minute = 1; minute <= minutes; minute++) {
      await pause(Math.max(0, begun + minute * MINUTE_MS - performance.now()));
      const held: Record<string, Held> = {};
      for (const { name, cdp } of pages) held[name] = await heldBy(cdp);
      const one = { minute, serverMb: memoryOf(server.pid).rssMb, pages: held };
      appendFileSync(FILE, `${JSON.stringify(one)}\n`);
      seen.push(one);
    }
  } finally {
    ending.abort();
  }
  return { figures: figuresOf(seen), notes: [`${minutes} minutes, ${await source} tasks; each minute: ${FILE}`] };
}

/** A task that writes all the time, and a run of steps that one after the other take all the time. */
async function prepare(client: Client, minutes: number): Promise<{ log: string; run: string }> {
  const shell = `for i in $(seq ${minutes * 60}); do echo "line $i"; sleep 1; done`;
  const { id: log } = await client.submit({ id: "chatty", shell });
  const steps = Array.from({ length: Math.ceil((minutes * 60) / STEP_S) }, (_, i) =>
    [`  s${i}:`, `    shell: sleep ${STEP_S}`, ...(i > 0 ? [`    needs: [s${i - 1}]`] : [])].join("\n"),
  );
  const { id: run } = await client.submitRun({ definition: `name: steps\ntasks:\n${steps.join("\n")}\n` });
  return { log, run };
}

async function openPages(url: string, { log, run }: { log: string; run: string }): Promise<Watched[]> {
  const paths = { overview: "", list: "tasks?q=arm:default", log: `tasks/${log}?tab=log`, run: `runs/${run}` };
  const pages: Watched[] = [];
  for (const [name, path] of Object.entries(paths)) {
    const context = await (await theBrowser()).newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    await page.goto(`${url}/ui/${path}`);
    await shown(page);
    const cdp = await context.newCDPSession(page);
    await cdp.send("Performance.enable");
    pages.push({ name, cdp });
  }
  return pages;
}

/** Evenly, until told to stop; answers how many tasks it came to. */
async function submitUntil(client: Client, signal: AbortSignal): Promise<number> {
  let submitted = 0;
  for (let due = performance.now(); !signal.aborted; due += 1000) {
    const tasks = Array.from({ length: TASKS_PER_S }, (_, i) => taskAt(submitted + i));
    submitted += (await client.submitMany(tasks)).length;
    await pause(Math.max(0, due + 1000 - performance.now()));
  }
  return submitted;
}

function taskAt(n: number): TaskSubmission {
  return n % FAILS_EVERY === 0 ? { shell: "exit 3", name: `fails ${n}` } : { call: "noop", name: `order ${n}` };
}

async function heldBy(cdp: CDPSession): Promise<Held> {
  await cdp.send("HeapProfiler.collectGarbage");
  const { metrics } = await cdp.send("Performance.getMetrics");
  const value = (name: string): number => metrics.find((one) => one.name === name)!.value;
  const heapMb = Number((value("JSHeapUsedSize") / 1e6).toFixed(2));
  return { heapMb, nodes: value("Nodes"), listeners: value("JSEventListeners") };
}

/** The last quarter beside the second one: what grows without end has grown between them. */
function figuresOf(seen: readonly Minute[]): Figure[] {
  const part = Math.max(1, Math.floor(seen.length * FILLING));
  const early = seen.slice(part, 2 * part);
  const late = seen.slice(-part);
  const growth = (of: (one: Minute) => number): number =>
    Number((median(late.map(of)) / median((early.length > 0 ? early : late).map(of))).toFixed(3));
  const pages = Object.keys(seen[0]?.pages ?? {});
  const target = atMost(1.1);
  return [
    ...pages.flatMap((name): Figure[] => [
      { name: `${name}: heap at the end`, value: median(late.map((one) => one.pages[name]!.heapMb)), unit: "MB" },
      { name: `${name}: heap, growth`, value: growth((one) => one.pages[name]!.heapMb), unit: "ratio", target },
      { name: `${name}: nodes, growth`, value: growth((one) => one.pages[name]!.nodes), unit: "ratio", target },
      { name: `${name}: listeners, growth`, value: growth((one) => one.pages[name]!.listeners), unit: "ratio", target },
    ]),
    { name: "server: memory at the end", value: median(late.map((one) => one.serverMb)), unit: "MB" },
    { name: "server: memory, growth", value: growth((one) => one.serverMb), unit: "ratio" },
  ];
}
