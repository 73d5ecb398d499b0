/**
 * Goal: a namespace that was deleted by mistake is brought back from what the cluster keeps of it, by any server, while work
 * goes on; what nobody may keep is removed for good.
 * Method: two real servers on a real NATS or PostgreSQL. One namespace is deleted twice under the same name.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeletedNamespaceView, NamespaceView } from "../../src/protocol/namespace.ts";
import type { TaskView } from "../../src/protocol/views.ts";
import { ClusterPlace, SHARED, within } from "./cluster-place.ts";
import { endProcess, until } from "./place.ts";

for (const { kind, skip } of SHARED)
  test(`a deleted namespace is brought back while servers run, on ${kind}`, { skip }, async () => {
    const cluster = await ClusterPlace.open(kind);
    try {
      await bringBack(cluster);
    } finally {
      await cluster.close();
    }
  });

async function bringBack(cluster: ClusterPlace): Promise<void> {
  const [a, b] = await Promise.all([cluster.start("a"), cluster.start("b")]);
  await cluster.leader(a);
  const team = within(a, "team-a");
  const make = (): Promise<void> => cluster.make(a, "team-a");
  const remove = (): Promise<void> => cluster.remove(a, "team-a");
  const octopus = async (...words: string[]): Promise<{ code: number | string; said: string }> => {
    const { code, out, err } = await cluster.place.run([...words, "--server", b.url]);
    return { code, said: out + err };
  };

  await make();
  const worker = cluster.worker("w", team);
  await cluster.submit(() => team, [{ id: "files", shell: "echo kept > $OCTOPUS_ARTIFACTS/left.txt" }]);
  await until("a file is kept", async () => {
    const { body } = await cluster.ask<TaskView>(team, "GET", "/tasks/files");
    return body.state === "succeeded";
  });
  endProcess(worker.pid, "SIGTERM");
  await worker.end;
  await cluster.submit(() => team, [{ id: "first", shell: "true" }]);
  await remove();
  await make();
  await cluster.submit(() => team, [{ id: "second", shell: "true" }]);

  // Of two that are kept the newest is meant, and no namespace that is there is touched.
  const taken = await octopus("namespace", "undelete", "team-a");
  assert.match(taken.said, /there is a namespace team-a: bring the deleted one back under another name \(--as\)/);
  await remove();
  const { body: listed } = await cluster.ask<{ items: DeletedNamespaceView[] }>(b, "GET", "/deleted-namespaces");
  assert.deepEqual(
    listed.items.map(({ name }) => name),
    ["team-a", "team-a"],
  );
  assert.equal(Date.parse(listed.items[0]!.keptUntil) - Date.parse(listed.items[0]!.deletedAt), 30 * 86_400_000);
  const older = listed.items[1]!.id;
  const back = await octopus("namespace", "undelete", "team-a");
  assert.equal(back.code, 0, back.said);
  const other = await octopus("namespace", "undelete", older, "--as", "team-b");
  assert.equal(other.code, 0, other.said);

  for (const member of [a, b]) {
    const has = (namespace: string, id: string): Promise<unknown> =>
      until(`${member.name} has ${id} in ${namespace}`, async () => {
        const { status } = await cluster.ask(within(member, namespace), "GET", `/tasks/${id}`);
        return status === 200;
      });
    await has("team-a", "second");
    await has("team-b", "first");
    assert.equal((await cluster.ask(within(member, "team-a"), "GET", "/tasks/first")).status, 404);
    const left = await fetch(`${within(member, "team-b").url}/api/v1/tasks/files/artifacts/left.txt`);
    assert.equal(await left.text(), "kept\n", `the file at ${member.name}`);
  }
  await cluster.submit(() => within(b, "team-a"), [{ id: "goes-on", shell: "true" }]);
  const none = await octopus("namespace", "list", "--deleted");
  assert.match(none.said, /nothing is kept of a deleted namespace/);

  await remove();
  const purged = await octopus("namespace", "purge", "team-a", "--yes");
  assert.equal(purged.code, 0, purged.said);
  const gone = await octopus("namespace", "undelete", "team-a");
  assert.equal(gone.code, 1, gone.said);
  assert.match(gone.said, /nothing is kept of a deleted namespace "team-a": nothing is kept of any/);
  const { body: left } = await cluster.ask<{ items: NamespaceView[] }>(a, "GET", "/namespaces");
  assert.deepEqual(
    left.items.map(({ name }) => name),
    ["default", "team-b"],
  );
}
