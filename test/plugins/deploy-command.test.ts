import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { before, test } from "node:test";
import { atEnd, openPlace, type Place } from "./place.ts";

/** The plugin `deploy_command` with real commands and a real server that is, or is not, well after them. */
let place: Place;
let url = "";
let looks = 0;

before(async () => {
  const server = createServer((request, response) => {
    if (request.url === "/slow") response.statusCode = ++looks < 3 ? 503 : 200;
    if (request.url === "/ill") response.statusCode = 500;
    response.end("version 7");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(() => server.close());
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  const name = `shop-${process.pid}`;
  const health = { within: 1, every: 0.05 };
  place = await openPlace({
    good: {
      plugin: "deploy_command",
      with: {
        name,
        command: 'echo "deploying $DEPLOY_VERSION to $DEPLOY_ZONE"',
        params: { zone: "attic", version: "none" },
        health: { ...health, within: 10, url: `${url}/slow`, contains: "version 7" },
      },
    },
    ill: {
      plugin: "deploy_command",
      with: { name, command: ["true"], rollback: "echo rolled back", health: { ...health, url: `${url}/ill` } },
    },
    broken: { plugin: "deploy_command", with: { name, command: "echo oh >&2; exit 3" } },
    turns: {
      plugin: "deploy_command",
      // Fails when another one is in it at the same time.
      with: { name, command: 'mkdir "$DEPLOY_PLACE" && sleep 0.2 && rmdir "$DEPLOY_PLACE"' },
    },
    hang: { plugin: "deploy_command", with: { name, command: 'echo $$ > "$DEPLOY_FILE"; sleep 600' } },
  });
});

test("a command runs with its parameters, and the deployment counts when it is found well", async () => {
  const { state, result, error, log } = await place.call("good", "deploy", { version: "7" });
  assert.equal(state, "succeeded", error);
  const { status, params } = result as { status: string; params: object };
  assert.deepEqual([status, params], ["deployed", { zone: "attic", version: "7" }]);
  assert.match(log, /deploying 7 to attic/);
  assert.match(log, /waiting for .*\/slow: it answers 503, not 200/);
  assert.equal(looks, 3);
});

test("what is not well in time is taken back, and fails", async () => {
  const { state, error, log } = await place.call("ill", "deploy", {});
  assert.equal(state, "failed");
  assert.match(error, /\/ill was not well within 1 seconds \(\d+ looks\): it answers 500, not 200; it was taken back/);
  assert.match(log, /taking it back\n[^]*rolled back/);
  const broken = await place.call("broken", "deploy", {});
  assert.match(broken.error, /its command ended with exit code 3; there is no rollback/);
  assert.match(broken.log, /oh/);
});

test("what the settings say is not for a caller to change", async () => {
  const { error, log } = await place.call("broken", "deploy", { command: "echo mine" });
  assert.match(error, /exit code 3/);
  assert.doesNotMatch(log, /mine/);
});

test("of one name there is one deployment at a time", async () => {
  const inside = join(place.dir, "inside");
  const all = await Promise.all([1, 2, 3].map(() => place.call("turns", "deploy", { params: { place: inside } })));
  assert.deepEqual(
    all.map(({ state, error }) => `${state}${error}`),
    ["succeeded", "succeeded", "succeeded"],
  );
});

test("a deployment that is stopped leaves no command, and its place to the next one", async () => {
  const file = join(place.dir, "pid");
  const input = { adapter: "hang", action: "deploy", values: [{ params: { file } }] };
  const task = await place.octopus.submit({ call: "adapt", input, timeout: "1m" });
  while (!existsSync(file) || readFileSync(file, "utf8") === "") await new Promise((resolve) => setImmediate(resolve));
  await place.octopus.cancel(task.id);
  assert.equal((await task.wait(30_000)).state, "cancelled");
  const pid = Number(readFileSync(file, "utf8"));
  const isAlive = (): boolean => {
    try {
      return process.kill(pid, 0) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
    } catch {
      return false;
    }
  };
  const until = Date.now() + 10_000;
  while (isAlive() && Date.now() < until) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isAlive(), false);
  const next = await place.call("turns", "deploy", { params: { place: join(place.dir, "again") } });
  assert.equal(next.state, "succeeded", next.error);
});
