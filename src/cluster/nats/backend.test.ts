/** The backend on a real NATS server that syncs each write. */
import { testBackend } from "../../../test/conformance/cluster-backend.ts";
import { NatsServer, withoutNats } from "../../../test/nats/server.ts";
import { connectNats } from "./backend.ts";

testBackend(
  "one NATS server",
  async () => {
    const nats = await NatsServer.start();
    return {
      connect: (server) => connectNats({ servers: [nats.address], cluster: "test", server, replicas: "auto" }),
      dispose: () => nats.stop(),
    };
  },
  { skip: withoutNats() },
);
