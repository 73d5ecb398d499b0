/** A real server on a real NATS that is to keep nothing of deleted namespaces: their snapshots and files are gone with them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectNats } from "../../src/cluster/nats/backend.ts";
import { NatsServer, withoutNats } from "../nats/server.ts";
import { Place, until } from "./place.ts";

const skip = withoutNats() ?? false;

test("where nothing is to be kept of a deleted namespace, nothing of it stays in NATS", { skip }, async () => {
  await using nats = await NatsServer.start();
  const place = new Place({ OCTOPUS_CLUSTER_NATS: nats.address, OCTOPUS_DATA_KEEP_DELETED: "0s" });
  const backend = await connectNats({
    ...{ servers: [nats.address], cluster: "main", server: "onlooker", replicas: "auto", allowOldNats: true },
  });
  try {
    await place.serve("server", ["--server-name", "a"]);
    await until("it is made", async () => (await place.call("POST", "/namespaces", { name: "team-a" })).status === 201);
    const kept = async (): Promise<number> => {
      const parts = ["snapshots", "files"].map((part) => backend.objects.list(`${part}/team-a/`));
      return (await Promise.all(parts)).flat().length;
    };
    await backend.objects.put("files/team-a/abc", one());
    assert.equal(await kept(), 1);
    const gone = await fetch(`${place.url}/api/v1/namespaces/team-a?force=true`, { method: "DELETE" });
    assert.equal(gone.status, 204);
    await until("nothing is kept", async () => (await kept()) === 0);
    await until("the list says so", async () =>
      (await backend.values.get("namespaces/team-a"))?.includes('"swept":true'),
    );
  } finally {
    await backend.close();
    await place.close();
  }
});

async function* one(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array([1]);
}
