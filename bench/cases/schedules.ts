/**
 * 1,000 schedules, each due at every second: how late their tasks start, and what they cost. And one that is due every
 * second and was not looked at for a year.
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { Octopus } from "../../src/mod.ts";
import { atMost, type Case } from "../harness/case.ts";
import { percentile, watchCpu } from "../harness/statistics.ts";
import { waitFor } from "../harness/wait.ts";

const COUNT = 1000;
const YEAR_MS = 365 * 86_400_000;

export const schedules: Case = {
  name: "schedules",
  title: "1,000 schedules every second: lag, CPU",
  async run(context) {
    const seconds = context.quick ? 4 : 30;
    const lags: number[] = [];
    // Every tick is at a whole second, so what is left of the second is how late the task began.
    const tick = (): void => void lags.push(Date.now() % 1000);
    const octopus = await Octopus.open({ dataDir: join(context.folder, "data"), slots: 50, functions: { tick } });
    const setting = performance.now();
    const set = (n: number) => octopus.schedules.set({ name: `s${n}`, cron: "* * * * * *", task: { call: "tick" } });
    await Promise.all(Array.from({ length: COUNT }, (_, n) => set(n)));
    const setMs = Math.round(performance.now() - setting);
    await waitFor("the first ticks", () => (lags.length > COUNT ? true : undefined));
    lags.length = 0;
    const cpu = watchCpu();
    await pause(seconds * 1000);
    const ran = lags.length;
    const share = (cpu(1) / (seconds * 1e6)) * 100;
    await octopus.close();
    const expected = COUNT * seconds;
    return {
      figures: [
        { name: "lag p50", value: percentile(lags, 0.5), unit: "ms" },
        { name: "lag p99", value: percentile(lags, 0.99), unit: "ms", target: atMost(1000) },
        { name: "CPU, 100 % is one core", value: Number(share.toFixed(1)), unit: "%" },
        { name: "ran, of those due", value: Number(((ran / expected) * 100).toFixed(1)), unit: "%" },
        { name: `setting ${COUNT} of them`, value: setMs, unit: "ms" },
      ],
      notes: [`over ${seconds} s; from the tick to the start of the function, tasks in between are durable`],
    };
  },
};

export const schedulesLate: Case = {
  name: "schedules-late",
  title: "a schedule every second, a year behind",
  async run(context) {
    const dataDir = join(context.folder, "data");
    let calls = 0;
    const functions = { tick: (): void => void calls++ };
    const first = await Octopus.open({ dataDir, slots: 50, functions });
    const catchUp = { policy: "all" as const, window: YEAR_MS + 86_400_000, max: 1000 };
    await first.schedules.set({ name: "yearly", cron: "* * * * * *", catchUp, task: { call: "tick" } });
    await first.close();
    // As if nobody had been there: the next tick is a year ago.
    const db = new DatabaseSync(join(dataDir, "octopus.db"));
    db.exec(`UPDATE schedule SET next_at = ${Math.floor((Date.now() - YEAR_MS) / 1000) * 1000}`);
    db.close();
    calls = 0;
    const begun = performance.now();
    const octopus = await Octopus.open({ dataDir, slots: 50, functions });
    const openMs = Math.round(performance.now() - begun);
    await waitFor("the ticks that are caught up", () => (calls >= 1000 ? true : undefined));
    const caughtMs = Math.round(performance.now() - begun);
    const { rss } = process.memoryUsage();
    await octopus.close();
    return {
      figures: [
        { name: "until it is open", value: openMs, unit: "ms" },
        { name: "until 1,000 ticks are caught up", value: caughtMs, unit: "ms", target: atMost(5000) },
        { name: "RSS", value: Math.round(rss / 1e6), unit: "MB" },
      ],
      notes: ["31,536,000 ticks are behind; the newest 1,000 are caught up"],
    };
  },
};
