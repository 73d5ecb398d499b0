/**
 * The dashboard in a browser: how soon its overview is there, and how smooth and how small it stays while a thousand events a
 * second come. Needs the browser of the tests.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { CDPSession, Page } from "playwright-core";
import { buildWeb } from "../../scripts/build-web.ts";
import type { Client } from "../../src/client/mod.ts";
import { closeBrowser, theBrowser } from "../../test/e2e/browser.ts";
import { gzippedBytes } from "../../test/e2e/gzipped.ts";
import { shown } from "../../test/e2e/shown.ts";
import { atMost, type Case, type Measured } from "../harness/case.ts";
import { startServer, startWorker, stop } from "../harness/processes.ts";

/** What a task is on the feed: submitted, started, ended. */
const EVENTS_PER_TASK = 3;
const EVENTS_PER_S = 1000;
const STEP_MS = 100;
/** First loads, of which the median counts: the first one of all also starts the browser's own parts. */
const LOADS = 5;

/** For the page: notes the longest time between two frames, and counts those that took more than 100 ms. */
const WATCH_FRAMES = `window.frames_ = { longest: 0, late: 0 };
  (function next(last) {
    requestAnimationFrame((now) => {
      const took = now - last;
      if (took > frames_.longest) frames_.longest = took;
      if (took > 100) frames_.late++;
      next(now);
    });
  })(performance.now());`;

export const dashboard: Case = {
  name: "dashboard",
  title: "overview in a browser, at rest and under 1,000 events/s",
  async run(context) {
    await buildWeb();
    const server = await startServer(context);
    const worker = await startWorker(context, server, 50);
    try {
      return await measure(server.url, server.client, context.quick ? 10 : 60);
    } finally {
      await closeBrowser();
      await stop(worker);
      await stop(server.child);
    }
  },
};

async function measure(url: string, client: Client, seconds: number): Promise<Measured> {
  const loads: number[] = [];
  for (let i = 0; i <= LOADS; i++) {
    const { page, ms } = await firstLoad(url);
    if (i > 0) loads.push(ms);
    await page.context().close();
  }
  const { page, scripts } = await firstLoad(url);
  const bytes = (await Promise.all(scripts.map(gzippedBytes))).reduce((sum, one) => sum + one, 0);
  const flow = await underLoad(page, client, seconds);
  return {
    figures: [
      { name: "overview there", value: median(loads), unit: "ms", target: atMost(1000) },
      { name: "longest frame under load", value: flow.longest, unit: "ms", target: atMost(100) },
      { name: "events on the stream", value: flow.perSecond, unit: "/s" },
      { name: "heap before", value: flow.heapBefore, unit: "MB" },
      { name: "heap after", value: flow.heapAfter, unit: "MB" },
      { name: "scripts of the first load, gzipped", value: bytes, unit: "B", target: atMost(250 * 1024) },
    ],
    notes: [
      `${seconds} s of ${EVENTS_PER_S} events/s; ${flow.late} frames took more than 100 ms`,
      "server, worker, browser and what submits share this machine",
    ],
  };
}

/** From the request for the page until everything on it has come, with nothing in the browser's cache. */
async function firstLoad(url: string): Promise<{ page: Page; ms: number; scripts: string[] }> {
  const context = await (await theBrowser()).newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const scripts = new Set<string>();
  page.on("response", (one) => one.request().resourceType() === "script" && scripts.add(one.url()));
  await page.goto(`${url}/ui/`);
  await shown(page);
  return { page, ms: await page.evaluate<number>("Math.round(performance.now())"), scripts: [...scripts] };
}

async function underLoad(page: Page, client: Client, seconds: number) {
  const cdp = await page.context().newCDPSession(page);
  const heapBefore = await heapOf(cdp);
  await page.evaluate(WATCH_FRAMES);
  const submitted = await submitFor(client, seconds);
  const frames = await page.evaluate<{ longest: number; late: number }>("window.frames_");
  return {
    longest: Math.round(frames.longest),
    late: frames.late,
    perSecond: Math.round((submitted * EVENTS_PER_TASK) / seconds),
    heapBefore,
    heapAfter: await heapOf(cdp),
  };
}

/** Submits evenly; answers how many tasks it came to. */
async function submitFor(client: Client, seconds: number): Promise<number> {
  const perStep = Math.round((EVENTS_PER_S / EVENTS_PER_TASK) * (STEP_MS / 1000));
  const until = performance.now() + seconds * 1000;
  let submitted = 0;
  for (let due = performance.now(); due < until; due += STEP_MS) {
    submitted += (await client.submitMany(Array.from({ length: perStep }, () => ({ call: "noop" })))).length;
    await pause(Math.max(0, due + STEP_MS - performance.now()));
  }
  return submitted;
}

/** MB that are in use after everything was collected that can be. */
async function heapOf(cdp: CDPSession): Promise<number> {
  await cdp.send("HeapProfiler.collectGarbage");
  const { usedSize } = await cdp.send("Runtime.getHeapUsage");
  return Number((usedSize / 1e6).toFixed(1));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
