/** The journal of a cluster over a log on a real NATS server: the suite that every journal passes. */
import { after } from "node:test";
import { testJournal } from "../../../test/conformance/journal.ts";
import { openClusterJournal } from "../../../test/conformance/journal-cluster.ts";
import { NatsServer, withoutNats } from "../../../test/nats/server.ts";
import type { ReplicatedLog } from "../ports.ts";
import { connectNats } from "./backend.ts";

/** Each test of the suite begins with a log that is empty. */
const LOGS = 8;

if (withoutNats() === undefined) {
  const nats = await NatsServer.start([], { config: "" });
  const backend = await connectNats({ servers: [nats.address], cluster: "test", server: "a", replicas: 1 });
  const logs: ReplicatedLog[] = [];
  for (let n = 0; n < LOGS; n++) logs.push((await backend.shard(`s${n}`)).log);
  testJournal("a cluster's, on NATS", () => openClusterJournal(logs.shift()!, ":memory:"));
  after(async () => {
    await backend.close();
    await nats.stop();
  });
}
