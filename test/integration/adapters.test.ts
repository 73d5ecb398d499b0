/**
 * Adapters of a real server: its configuration names them, workers get them, and functions of a worker, of a program that is
 * connected to it and of `octopus run` without a server call them. The chat is a real web server.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Octopus } from "../../src/mod.ts";
import type { TaskDetail } from "../../src/protocol/views.ts";
import { Place, until } from "./place.ts";

const place = new Place({ OCTOPUS_TEST_HOOK: "" });
const said: string[] = [];
const chat = createServer((request, response) => {
  request.on("data", (bytes: Buffer) => said.push((JSON.parse(bytes.toString()) as { text: string }).text));
  request.on("end", () => response.end());
});

before(async () => {
  chat.listen(0, "127.0.0.1");
  await once(chat, "listening");
  writeFileSync(
    join(place.dir, "octopus.yaml"),
    "adapters:\n" +
      "  alerts: { plugin: alert, with: { webhook: { url: { env: CHAT_HOOK } } } }\n" +
      "  notes: { plugin: notes, with: { list: [one] } }\n" +
      "  later: { plugin: not_there_yet }\n",
  );
  writeFileSync(
    join(place.dir, "functions.ts"),
    "export const tell = async (text: string, { adapters }: any) => {\n" +
      "  await adapters.alerts.send({ text });\n  return adapters.notes.list();\n};\n",
  );
  const url = `http://127.0.0.1:${(chat.address() as AddressInfo).port}`;
  await place.serve("up", ["--functions", join(place.dir, "functions.ts")], { CHAT_HOOK: url });
  process.env["CHAT_HOOK"] = url;
  writeFileSync(
    join(place.data, "plugins", "notes.py"),
    "import octopus\ndef list():\n    return octopus.config['list']\n",
  );
  await until("the plugin of the second adapter", async () => {
    const { body } = await place.call<{ items: { name: string }[] }>("GET", "/plugins");
    return body.items.some(({ name }) => name === "notes");
  });
});
after(async () => {
  chat.close();
  await place.close();
});

const ended = async (work: object): Promise<TaskDetail> => {
  const { body } = await place.call<{ id: string }>("POST", "/tasks", { timeout: "30s", ...work });
  return (await place.call<TaskDetail>("GET", `/tasks/${body.id}?wait=40s`)).body;
};

test("a function of a worker calls them, with settings of the worker's environment", async () => {
  const { state, result, error } = await ended({ call: "tell", input: "hello" });
  assert.deepEqual([state, result], ["succeeded", ["one"]], error?.message ?? "");
  assert.equal(said.at(-1), "hello");
});

test("plugins that come with Octopus are there without being added, and can be added, too", async () => {
  const { body } = await place.call<{ items: { name: string }[] }>("GET", "/plugins");
  assert.deepEqual(body.items.map(({ name }) => name).toSorted(), ["alert", "notes"]);
  assert.ok(!readdirSync(join(place.data, "plugins")).includes("alert"));
  const added = await place.run(["plugins", "add", "metrics_push", "-o", "json"]);
  assert.equal(added.code, 0, added.err);
  const refused = await place.run(["plugins", "rm", "alert"]);
  assert.match(refused.err, /used by an adapter of the configuration/);
});

test("a program that is connected has them for its own functions, and takes no plugin tasks for it", async () => {
  await using octopus = Octopus.connect(place.url, {
    functions: { ring: async (text: string, { adapters }) => adapters["alerts"].send({ text, title: "bell" }) },
  });
  const task = await octopus.submit({ call: "ring", input: "ding", timeout: "30s" });
  assert.deepEqual(await task.result(), { sent: [`127.0.0.1:${(chat.address() as AddressInfo).port}`] });
  assert.equal(said.at(-1), "bell\nding");
  const { body } = await place.call<{ items: { name: string; kinds: string[] }[] }>("GET", "/workers");
  const own = body.items.find(({ name }) => name.startsWith("program-"))!;
  assert.deepEqual(own.kinds, ["call"]);
});

test("what is said of a wrong adapter can be acted on", async () => {
  writeFileSync(join(place.dir, "slips.mjs"), "export const nobody = (_, { adapters }) => adapters.later.x();\n");
  const worker = place.start(["worker", "--name", "slips", "--functions", join(place.dir, "slips.mjs")], {
    env: { OCTOPUS_SERVER_URL: place.url },
  });
  const { error } = await ended({ call: "nobody" });
  assert.match(
    error!.message,
    /the adapter later is the plugin not_there_yet, which the server does not have: `octopus plugins add`/,
  );
  worker.child.kill("SIGTERM");
  await worker.end;
});

test("octopus run has them where there is no server", async () => {
  const yaml = "name: alone\ntasks:\n  tell: { call: tell, input: alone }\n";
  writeFileSync(join(place.dir, "alone.yaml"), yaml);
  const env = { CHAT_HOOK: process.env["CHAT_HOOK"]!, OCTOPUS_DATA_DIR: join(place.dir, "alone") };
  const run = place.start(["run", "alone.yaml", "--functions", join(place.dir, "functions.ts")], { env });
  const code = await run.end;
  const out = run.out() + run.err();
  // The second adapter's plugin is in the other data directory.
  assert.notEqual(code, 0, out);
  assert.match(out, /the adapter notes is the plugin notes, which the server does not have/);
  assert.equal(said.at(-1), "alone");
});
