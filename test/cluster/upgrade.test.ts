/**
 * Goal: a cluster goes from one version to the next server by server, and at no moment is a copy lost or nobody able to lead:
 * the newer version, whose records the older one cannot read, does not lead before the last older server has gone.
 * Method: real processes; the next version is this one with a newer form of records. At the end an older one comes back, is
 * told why it cannot follow, and holds nobody up.
 */
import assert from "node:assert/strict";
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { ClusterView } from "../../src/protocol/cluster-view.ts";
import type { TaskDetail } from "../../src/protocol/views.ts";
import { ClusterPlace, dump, type Member, sameTables } from "../integration/cluster-place.ts";
import { Place, until } from "../integration/place.ts";
import { withoutNats } from "../nats/server.ts";
import { root } from "../source-files.ts";

const skip = withoutNats();

let cluster: ClusterPlace;
let next: Place;

before(async () => {
  if (skip !== undefined) return;
  cluster = await ClusterPlace.open();
  const program = nextVersion(join(cluster.place.dir, "next"));
  next = new Place({ OCTOPUS_CLUSTER_NATS: cluster.nats.address }, program);
});
after(async () => {
  await next?.close();
  await cluster?.close();
});

/** The program of the next version, made in that folder. */
function nextVersion(folder: string): string[] {
  for (const name of ["src", "plugins", "package.json"])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const path = join(folder, "src/cluster/record.ts");
  const text = readFileSync(path, "utf8");
  const raised = text.replace(
    /^export const RECORD_VERSION = (\d+);$/m,
    (_, version) => `export const RECORD_VERSION = ${Number(version) + 1};`,
  );
  assert.notEqual(raised, text);
  writeFileSync(path, raised);
  return [process.execPath, "--conditions=octopus:source", join(folder, "src/cli/main.ts")];
}

test("a rolling upgrade: the newer version leads when the last older server has gone", { skip }, async () => {
  const ids: string[] = [];
  const work = async (at: Member): Promise<void> => {
    const some = [0, 1, 2].map((n) => ({ id: `work${ids.length + n}`, shell: "true" }));
    await cluster.submit(() => at, some);
    ids.push(...some.map(({ id }) => id));
  };
  const a = await cluster.start("a");
  await leads(a, a);
  const [b, c] = await Promise.all([cluster.start("b"), cluster.start("c", [], next)]);
  cluster.worker("w", b);
  await work(c);

  // The newer one sees that it may not, and the older one leads when the leader dies.
  await until("it is told", async () =>
    (await view(c)).backend.warnings.some((words) => words.startsWith("a runs an older version")),
  );
  await cluster.kill(a);
  await leads(b, c);
  await work(c);

  // The second is upgraded, and then the last older one, which leads: a newer one leads after it.
  const upgraded = await cluster.start("a", [], next);
  await work(upgraded);
  assert.equal((await view(upgraded)).leader, "b");
  await cluster.stop(b);
  await until("a newer one leads", async () => ["a", "c"].includes((await view(c)).leader ?? ""));
  await work(c);

  // An older one that comes back cannot follow, and says so; the others lead all the same.
  const old = await cluster.launch("b");
  const words = await until("it says why", async () => {
    const response = await fetch(`${old.url}/readyz`).catch(() => undefined);
    const said = (await response?.text()) ?? "";
    return /newer Octopus/.test(said) ? said : undefined;
  });
  assert.match(words, /Start the newer version on this server/);
  const first = (await view(c)).leader!;
  await cluster.kill(first === "a" ? upgraded : c);
  const [one, other] = first === "a" ? [upgraded, c] : [c, upgraded];
  await leads(other, other);
  await work(other);
  await cluster.kill(old);
  const all = await Promise.all([cluster.start("b", [], next), cluster.start(one.name, [], next)]);
  for (const server of [...all, other])
    for (const id of ids)
      await until(`${id} is done, as ${server.name} tells`, async () => {
        const { body } = await cluster.ask<TaskDetail>(server, "GET", `/tasks/${id}`);
        return body.state === "succeeded";
      });
  await cluster.settled();
  const servers = [...cluster.members.values()];
  for (const server of servers) await cluster.kill(server);
  const [tables, ...others] = servers.map(({ data }) => dump(data));
  for (const those of others) sameTables(those, tables!);
});

async function leads(who: Member, asked: Member): Promise<void> {
  await until(`${who.name} leads`, async () => (await view(asked)).leader === who.name);
}

async function view(server: Member): Promise<ClusterView> {
  return (await cluster.ask<ClusterView>(server, "GET", "/cluster")).body;
}
