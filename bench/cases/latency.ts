/**
 * Time from `submit` to the first line of the function, one task at a time on an idle Octopus: three processes (client,
 * `octopus server`, `octopus worker`), and embedded. All read the machine's one monotonic clock.
 */
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { Octopus } from "../../src/mod.ts";
import { atMost, type Case, type CaseContext, type Figure, scaled, type Target } from "../harness/case.ts";
import { startServer, startWorker, stop } from "../harness/processes.ts";
import { percentile } from "../harness/statistics.ts";

/** Samples that only warm up: code is compiled, connections stand. */
const WARM_UP = 300;
/** Time between two samples, so that the task before is over in every process. */
const IDLE_MS = 2;

/** Measures `count` times how long after `submit` was called the function of task `n` says that it began. */
async function sample(
  { quick }: CaseContext,
  count: number,
  submit: (n: number) => unknown,
  begun: (n: number) => Promise<bigint>,
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
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  }
  return times;
}

function figures(times: number[], p50: Target, p99?: Target): Figure[] {
  const at = (share: number): number => Number(percentile(times, share).toFixed(3));
  return [
    { name: "p50", value: at(0.5), unit: "ms", target: p50, limit: "fdatasync p50" },
    { name: "p99", value: at(0.99), unit: "ms", ...(p99 && { target: p99 }) },
  ];
}

export const latency: Case = {
  name: "latency",
  title: "dispatch latency idle, three processes",
  async run(context) {
    const count = scaled(context, 2000);
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
    const server = await startServer(context);
    const worker = await startWorker(context, server, 10);
    const begun = (n: number): Promise<bigint> => new Promise((resolve) => waiting.set(n, resolve));
    const times = await sample(
      context,
      count,
      (n) => server.client.submit({ call: "began", input: { port, n } }),
      begun,
    );
    await stop(worker);
    listener.close();
    server.client.close();
    await stop(server.child);
    return { figures: figures(times, atMost(0.3), atMost(1)), notes: [`${count} samples, ${IDLE_MS} ms apart`] };
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
