/** A worker beside a server that asks for tokens: it came by the server's own file, and the server is started anew. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { onThisMachine } from "../../src/cli/join/local-server.ts";
import { freePort } from "../server-process.ts";
import { Place, type Started, until } from "./place.ts";

const place = new Place({ OCTOPUS_LINK_HEARTBEAT: "200ms", OCTOPUS_LINK_LEASE: "20s", OCTOPUS_ACCESS_MODE: "on" });
const there = { OCTOPUS_DATA_DIR: place.data };
after(() => place.close());

test("a worker that found its server on this machine finds it again, though each start draws another token", async () => {
  const port = await freePort();
  const serve = (): Started => place.start(["server", "--port", String(port)], { env: there });
  const isUp = (): boolean => existsSync(join(place.data, "server.json"));
  const first = serve();
  await until("the server is up", isUp);
  const worker = place.start(["worker", "--name", "beside"], { env: there });
  await until("it is connected", () => /connected/.test(worker.err() + worker.out()));
  await hasRightOfWorker();
  first.child.kill("SIGTERM");
  await first.end;
  assert.equal(isUp(), false);
  serve();
  await until("the server is up again", isUp);
  const submit = ["submit", "--worker", "beside", "--wait", "--", "echo", "still here"];
  const sent = place.start(submit, { env: there });
  assert.equal(await sent.end, 0, sent.err() + worker.err());
  assert.match(sent.out(), /succeeded/);
});

/** It got the administrator's token once, though it only has to be a worker. */
async function hasRightOfWorker(): Promise<void> {
  const own = JSON.parse(readFileSync(join(place.data, "server.json"), "utf8")) as Record<string, string>;
  const found = onThisMachine(place.data);
  assert.notEqual(found?.token, own["token"]);
  const ask = async (token: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(new URL("/api/v1/tokens", own["url"]), { headers })).status;
  };
  assert.deepEqual([await ask(own["token"]!), await ask(found!.token!)], [200, 403]);
}
