/** The link over NATS, through real NATS servers and the real gateway: one server, and three where each side is at another. */
import { after } from "node:test";
import { startHarness } from "../../src/server/testing/harness.ts";
import { recordSessions } from "../../src/server/testing/sessions.ts";
import { NatsLink, natsPlace } from "../../src/worker/link-nats.ts";
import { NatsCluster } from "../nats/cluster.ts";
import { NatsServer, withoutNats } from "../nats/server.ts";
import { type LinkUnderTest, type ServerEnd, testLink, WorkerEnd } from "./link.ts";

interface Sides {
  worker: string;
  server: string;
}

let count = 0;

async function overNats(addresses: Sides): Promise<LinkUnderTest> {
  const harness = await startHarness();
  const sessions = recordSessions(harness.engine);
  const place = { cluster: `test-${++count}`, shard: "default" };
  const nats = (side: keyof Sides) => ({ nats: { servers: [addresses[side]] } });
  await harness.server.workersOverNats({ ...place, ...nats("server"), server: "s1", term: 1 });
  const worker = new WorkerEnd();
  const server = natsPlace({ ...place, ...nats("worker"), name: "w" });
  const link = new NatsLink({ server, agent: worker, random: () => 0, shown: {} });
  link.start();
  return {
    worker,
    comesBack: true,
    servers: () =>
      sessions.map((seen): ServerEnd => ({
        received: seen.received,
        get closed() {
          return seen.closed;
        },
        send: (messages) => seen.port.send(messages),
        close: () => seen.port.close(),
      })),
    async until(condition) {
      while (!condition()) await new Promise(setImmediate);
    },
    async dispose() {
      await link.leave();
      await harness[Symbol.asyncDispose]();
    },
  };
}

if (withoutNats() === undefined) {
  let one: NatsServer | undefined;
  let three: NatsCluster | undefined;
  after(async () => {
    await one?.stop();
    await three?.stop();
  });
  testLink("over NATS", async () => {
    one ??= await NatsServer.start();
    return overNats({ worker: one.address, server: one.address });
  });
  testLink("over three servers of NATS", async () => {
    three ??= await NatsCluster.start(3);
    const [worker, server] = three.addresses as [string, string];
    return overNats({ worker, server });
  });
}
