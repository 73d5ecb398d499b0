// docs/reference/nats-subjects.md against what passes over a real NATS server: each subject that is seen stands in the page,
// each kind that there is does, and examples have the keys of real messages. The permissions of the page are enough.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { post, startHarness } from "../../src/server/testing/harness.ts";
import { DOWN_KINDS, NOBODY, UP_KINDS } from "../../src/nats/subjects.ts";
import { HandNatsWorker, until } from "./worker.ts";
import { NatsServer, withoutNats } from "./server.ts";
import { root } from "../source-files.ts";

const page = readFileSync(join(root, "docs/reference/nats-subjects.md"), "utf8");
const UP = "octopus.<cluster>.<shard>.workers.<worker>.up.<epoch>.<link>";
const DOWN = UP.replace(".up.", ".down.");

/** By its subject the example of each row. */
function documented(): Map<string, string | undefined> {
  const rows = new Map<string, string | undefined>();
  let section = "";
  for (const line of page.split("\n")) {
    if (line.startsWith("## ")) section = line.slice(3);
    const [, subject, ...cells] = line.split("|").map((cell) => cell.trim());
    const name = /^`([^`]+)`$/.exec(subject ?? "")?.[1];
    if (name === undefined || name.startsWith("<")) continue;
    const base = section === "From a worker" ? `${UP}.` : section === "To a worker" ? `${DOWN}.` : "";
    const example = /^`(.*)`$/.exec(cells.at(-2) ?? "")?.[1];
    rows.set(base + name, example);
  }
  return rows;
}

/** The subject with its parts in place of what they are here. */
function formOf(subject: string): string {
  const parts = subject.split(".");
  const [, , , area] = parts;
  if (area === "tasks" || area === "runs") return `octopus.<cluster>.<shard>.${area}.<state>`;
  if (area !== "workers") return `octopus.<cluster>.<shard>.${area}`;
  if (parts.length === 6) return `octopus.<cluster>.<shard>.workers.<worker>.${parts[5]}`;
  return `octopus.<cluster>.<shard>.workers.<worker>.${parts[5]}.<epoch>.<link>.${parts.at(-1)}`;
}

function keysOf(text: string): string[] {
  const value: unknown = JSON.parse(text);
  const one = Array.isArray(value) ? value[0] : value;
  return typeof one === "object" && one !== null ? Object.keys(one) : [];
}

test("every kind of message stands in the page", () => {
  const rows = documented();
  for (const kind of UP_KINDS) assert.ok(rows.has(`${UP}.${kind}`), `${kind}, which workers publish`);
  for (const kind of DOWN_KINDS) assert.ok(rows.has(`${DOWN}.${kind}`), `${kind}, which servers publish`);
});

test(
  "what passes over NATS is what the page says, with the permissions that it gives",
  { skip: withoutNats() },
  async () => {
    const users = page
      .slice(page.indexOf("users = ["), page.indexOf("\n]\n") + 2)
      .replace("$BOX1", "box1-secret")
      .replace("$OCTOPUS", "octopus-secret");
    await using nats = await NatsServer.start([], { config: `authorization { ${users} }` });
    const servers = [nats.address];
    const own = { servers, user: "octopus", password: "octopus-secret" };
    await using h = await startHarness();
    const shared = { cluster: "main", shard: "default" };
    await using worker = new HandNatsWorker({
      ...{ nats: nats.address, cluster: "main", name: "box1" },
      settings: { servers, user: "box1", password: "box1-secret" },
    });
    const { connectTo } = await import("../../src/nats/connect.ts");
    const client = await connectTo(own, "the test");
    const seen = new Map<string, string>();
    client.subscribe("octopus.>", {
      callback: (_error, { subject, data }) => void seen.set(formOf(subject), Buffer.from(data).toString("utf8")),
    });
    await client.flush();
    await h.server.workersOverNats({ ...shared, nats: own, server: "a", term: 7, events: true });
    await worker.welcome();
    await h.ask("/api/v1/tasks", post({ call: "f" }));
    await until("work", () => worker.heard("assign") === 1);
    worker.say(
      { type: "heartbeat", load: 0.5, rssBytes: 1, active: 1 },
      { type: "progress", task: 1, attempt: 1, value: 0.5 },
      { type: "log", chunks: [{ task: 1, attempt: 1, stream: "stdout", at: 1, seq: 1, text: "x" }] },
      { type: "result", n: 1, task: 1, attempt: 1, report: { outcome: "succeeded" } },
    );
    await until("its acknowledgement", () => worker.heard("ack") === 1);
    const { status } = await h.ask("/api/v1/runs", post({ definition: "name: n\ntasks: {a: {call: f}}" }));
    assert.ok(status < 300, `a run: ${status}`);
    await until("more work", () => worker.heard("assign") === 2);
    await h.ask("/api/v1/tasks/t2/cancel", { method: "POST" });
    await until("a cancel", () => worker.heard("cancel") === 1);
    worker.say({ type: "draining" }, { type: "goodbye" });
    await until("the end", () => seen.has(`${DOWN}.end`) || seen.has(`${UP}.end`) || seen.has(`${UP}.goodbye`));
    await client.flush();

    const rows = documented();
    for (const [form, text] of seen) {
      if (form.endsWith(`.${NOBODY}`)) continue;
      assert.ok(rows.has(form), `${form} is published, and does not stand in the page`);
      const example = rows.get(form);
      if (example === undefined) continue;
      for (const key of keysOf(example))
        assert.ok(keysOf(text).includes(key), `${form}: ${key} of the example is not in ${text.slice(0, 200)}`);
    }
    for (const kind of ["hello", "result", "output", "progress", "heartbeat"])
      assert.ok(seen.has(`${UP}.${kind}`), kind);
    for (const kind of ["open", "welcome", "assign", "ack", "cancel"]) assert.ok(seen.has(`${DOWN}.${kind}`), kind);
    for (const area of ["tasks", "runs"]) assert.ok(seen.has(`octopus.<cluster>.<shard>.${area}.<state>`), area);
    await client.close();
  },
);
