/** What a balancer asks of two real servers: both are ready while one leads, neither while nobody can, and reads go on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClusterView } from "../../src/protocol/cluster-view.ts";
import { withoutNats } from "../nats/server.ts";
import { ClusterPlace, type Member } from "./cluster-place.ts";
import { until } from "./place.ts";

const skip = withoutNats() ?? false;

async function ask({ url }: Member, path: string): Promise<string> {
  const response = await fetch(url + path);
  const text = await response.text();
  return `${response.status} ${response.ok ? "" : (JSON.parse(text) as { detail: string }).detail}`.trim();
}

test("servers are ready while one leads, and can be read while nobody does", { skip }, async () => {
  const cluster = await ClusterPlace.open();
  try {
    // `start` waits for /readyz.
    const servers = await Promise.all([cluster.start("a"), cluster.start("b")]);
    assert.ok(await cluster.leader(servers[0]));
    for (const server of servers)
      assert.equal(await ask(server, "/readyz?for=writes").then((said) => said.slice(0, 3)), "422");

    await cluster.nats.kill();
    for (const server of servers) {
      const said = await until(`${server.name} is not ready`, async () => {
        const answer = await ask(server, "/readyz");
        return answer !== "200" && answer;
      });
      assert.match(said, /^503 no server of the cluster is heard to lead for \d+ s: it can be read here/);
      assert.equal(await ask(server, "/readyz?for=reads"), "200");
      assert.equal(await ask(server, "/livez"), "200");
      const { body } = await cluster.ask<ClusterView>(server, "GET", "/cluster");
      assert.equal(body.leader, undefined);
    }
    await cluster.nats.up();
    for (const server of servers)
      await until(`${server.name} is ready again`, async () => (await ask(server, "/readyz")) === "200");

    // Whoever is alone keeps the lead, and says why.
    const [a, b] = servers;
    await cluster.stop(b);
    const alone = await until("a leads alone", async () => {
      const { status, body } = await cluster.ask<{ detail: string }>(a, "POST", "/cluster/step-down");
      return status === 409 && body.detail;
    });
    assert.match(alone, /^no other server is there that could lead in place of a;/);
  } finally {
    await cluster.close();
  }
});
