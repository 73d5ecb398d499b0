/** The same backend on three NATS servers that each hold every record. */
import { testBackend } from "../../../test/conformance/cluster-backend.ts";
import { NatsCluster } from "../../../test/nats/cluster.ts";
import { withoutNats } from "../../../test/nats/server.ts";
import { connectNats } from "./backend.ts";

testBackend(
  "three NATS servers",
  async () => {
    const nats = await NatsCluster.start();
    return {
      connect: (server) => connectNats({ servers: nats.addresses, cluster: "test", server, replicas: "auto" }),
      dispose: () => nats.stop(),
    };
  },
  { skip: withoutNats(), onlyDurable: true },
);
