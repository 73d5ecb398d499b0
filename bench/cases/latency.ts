/**
 * Time from `submit` to the first line of the function, one task at a time on an idle Octopus: three processes (client,
 * `octopus server`, `octopus worker`), and embedded. All read the machine's one monotonic clock.
 */
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { Octopus } from "../../src/mod.ts";
import { atMost, type Case, type CaseContext, type Figure, scaled, type Target } from "../harness/case.ts";
import { ARM, drainedOver, noops } from "../harness/octopus.ts";
import { startServer, startWorker, stop } from "../harness/processes.ts";
import { percentile, perSecond } from "../harness/statistics.ts";

/** Samples that only warm up: code is compiled, connections stand. */
const WARM_UP = 300;
/** Time between two samples, so that the task before is over in every process. */
const IDLE_MS = 2;

/** Measures `count` times how long after `submit` was called the function of task `n` says that it began. */
export async function sample(
  { quick }: CaseContext,
  count: number,
  submit: (n: number) => unknown,
  begun: (n: number) => Promise<bigint>,
  idleMs = IDLE_MS,
): Promise<number[]> {
  const times: number[] = [];
  const warmUp = quick ? WARM_UP / 10 : WARM_UP;
  for (let n = 0; n < count + warmUp; n++) {
    const began = begun(n);
    const at = process.hrtime.bigint();
    const submitted = submit(n);
    const ms = Number((await began) - at) / 1e6;
    await submitted;
    if (n >= warmUp) times.push(ms);
    await new Promise((resolve) => setTimeout(resolve, idleMs));
  }
  return times;
}

export function figures(times: number[], p50: Target, p99?: Target): Figure[] {
  const at = (share: number): number => Number(percentile(times, share).toFixed(3));
  return [
    { name: "p50", value: at(0.5), unit: "ms", target: p50, limit: "fdatasync p50" },
    { name: "p99", value: at(0.99), unit: "ms", ...(p99 && { target: p99 }) },
  ];
}

/** Where the functions of the worker, in a process of their own, say when they began. */
export async function listen(): Promise<{ port: number; begun(n: number): Promise<bigint>; close(): void }> {
  const waiting = new Map<number, (at: bigint) => void>();
  const listener = createServer((socket) => {
    let text = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      const lines = (text + chunk).split("\n");
      text = lines.pop()!;
      for (const line of lines) {
        const [n, at] = line.split(" ") as [string, string];
        waiting.get(Number(n))?.(BigInt(at));
        waiting.delete(Number(n));
      }
    });
  });
  await once(listener.listen(0, "127.0.0.1"), "listening");
  const { port } = listener.address() as AddressInfo;
  return {
    port,
    begun: (n) => new Promise((resolve) => waiting.set(n, resolve)),
    close: () => void listener.close(),
  };
}

export const latency: Case = {
  name: "latency",
  title: "dispatch latency idle, three processes",
  async run(context) {
    const count = scaled(context, 2000);
    const { port, begun, close } = await listen();
    const server = await startServer(context);
    const worker = await startWorker(context, server, 10);
    const times = await sample(
      context,
      count,
      (n) => server.client.submit({ call: "began", input: { port, n } }),
      begun,
    );
    await stop(worker);
    close();
    server.client.close();
    await stop(server.child);
    return { figures: figures(times, atMost(0.3), atMost(1)), notes: [`${count} samples, ${IDLE_MS} ms apart`] };
  },
};

/** Time between two handfuls of the load beside the samples. */
const LOAD_EVERY_MS = 5;

/**
 * The same while the worker does half of what it can: first a backlog is drained to see what that is, then no-op tasks come
 * at half that rate.
 */
export const latencyLoaded: Case = {
  name: "latency-loaded",
  title: "dispatch latency at half load, three processes",
  async run(context) {
    const count = scaled(context, 1000);
    const { port, begun, close } = await listen();
    const server = await startServer(context);
    const { client } = server;
    const backlog = scaled(context, 50_000);
    await client.configureArm(ARM, { enabled: false });
    await client.submitMany(noops(backlog));
    const worker = await startWorker(context, server, 50);
    const start = performance.now();
    await client.configureArm(ARM, { enabled: true });
    await drainedOver(client, backlog);
    const rate = perSecond(backlog, performance.now() - start);
    const handful = Math.ceil((rate / 2) * (LOAD_EVERY_MS / 1000));
    let sent = 0;
    let flying: Promise<unknown> = Promise.resolve();
    const load = setInterval(() => {
      flying = Promise.all([flying, client.submitMany(noops(handful, sent))]);
      sent += handful;
    }, LOAD_EVERY_MS);
    const times = await sample(context, count, (n) => client.submit({ call: "began", input: { port, n } }), begun);
    clearInterval(load);
    await flying;
    await stop(worker);
    close();
    client.close();
    await stop(server.child);
    return {
      figures: figures(times, atMost(1.5), atMost(10)),
      notes: [`${count} samples beside ${Math.round(rate / 2)} tasks/s, half of what the worker drains`],
    };
  },
};

export const latencyEmbedded: Case = {
  name: "latency-embedded",
  title: "dispatch latency idle, embedded",
  async run(context) {
    const count = scaled(context, 2000);
    let tell: (at: bigint) => void = () => {};
    const began = (): void => tell(process.hrtime.bigint());
    const octopus = await Octopus.open({ dataDir: join(context.folder, "data"), functions: { began } });
    const begun = (): Promise<bigint> => new Promise((resolve) => (tell = resolve));
    const times = await sample(context, count, (n) => octopus.submit({ call: "began", input: { n } }), begun);
    await octopus.close();
    return { figures: figures(times, atMost(0.1)), notes: [`${count} samples, ${IDLE_MS} ms apart`] };
  },
};
