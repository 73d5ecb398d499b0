/** Containers through the whole of it: a server, a worker and a container engine, each a process of its own. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { TaskDetail } from "../../src/protocol/views.ts";
import { endProcess, Place, type Started, until } from "../integration/place.ts";
import { IMAGE, TestEngine, withoutEngine } from "./engine.ts";
import { SUITE_MS_MAX } from "../machine.ts";

describe("docker tasks of a server", { skip: withoutEngine() ?? false, timeout: SUITE_MS_MAX }, () => {
  const place = new Place({ OCTOPUS_LINK_LEASE: "4s", OCTOPUS_LINK_HEARTBEAT: "200ms", OCTOPUS_WORKER_GRACE: "1s" });
  let engine: TestEngine;
  let worker: Started;

  before(async () => {
    engine = await TestEngine.start();
    await place.serve("server");
    worker = startWorker();
  });
  after(async () => {
    await place.close();
    await engine?.stop();
  });

  const startWorker = (...more: string[]): Started => {
    const args = ["worker", "--name", "boxes", "--dir", join(place.dir, "state"), "--docker", "on", "--slots", "4"];
    return place.start([...args, "--server", place.url, ...more], { env: { OCTOPUS_WORKER_DOCKER_HOST: engine.host } });
  };
  const docker = (work: Record<string, unknown>) => ({ docker: { image: IMAGE, network: "none", ...work } });
  async function submit(task: Record<string, unknown>): Promise<string> {
    const { status, body } = await place.call<{ id: string }>("POST", "/tasks", task);
    assert.equal(status, 201, JSON.stringify(body));
    return body.id;
  }
  const show = async (id: string) => (await place.call<TaskDetail>("GET", `/tasks/${id}`)).body;
  const reaches = (id: string, state: string) =>
    until(`${id} is ${state}`, async () => {
      const task = await show(id);
      if (["failed", "cancelled"].includes(task.state)) assert.equal(task.state, state, JSON.stringify(task));
      return task.state === state && task;
    });

  it("runs one, with its results, its files and its output", async () => {
    const command = "echo hi; echo n=7 >>$OCTOPUS_OUTPUT; echo content >$OCTOPUS_ARTIFACTS/report.txt";
    const id = await submit(docker({ command, outputs: { n: "number" } }));
    const task = await reaches(id, "succeeded");
    assert.deepEqual(task.result, { n: 7 });
    assert.equal((await place.run(["logs", id])).out, "hi\n");
    assert.match((await place.run(["artifacts", id])).out, /report\.txt/);
    assert.deepEqual(await engine.containers(), []);
  });

  it("says what is wrong with one, and what to do", async () => {
    const id = await submit({
      ...docker({ command: "x=aaaaaaaa; while :; do x=$x$x; done", memory: "16MiB" }),
      retries: 0,
    });
    assert.equal((await reaches(id, "failed")).attempts[0]!.error!.kind, "oom");
    const { status, body } = await place.call<object>("POST", "/tasks", docker({ command: ["x"], cpus: 0 }));
    assert.equal(status, 422);
    assert.match(JSON.stringify(body), /docker\.cpus.*must be a number of cores from 0\.01 to 1024/);
  });

  it("ends one that takes too long, or is cancelled", async () => {
    const slow = await submit({ ...docker({ command: "sleep 1000", grace: "200ms" }), timeout: "1s", retries: 0 });
    const unwanted = await submit(docker({ command: "sleep 1000" }));
    await until("both run", async () => (await engine.containers()).length === 2);
    await place.run(["cancel", unwanted]);
    await reaches(unwanted, "cancelled");
    assert.equal((await reaches(slow, "failed")).attempts[0]!.outcome, "timed_out");
    assert.deepEqual(await engine.containers(), []);
  });

  it("starts again what ran on a worker that was killed, and removes what that left", async () => {
    const id = await submit(docker({ command: 'test "$OCTOPUS_ATTEMPT" != 1 || sleep 1000' }));
    await until("it runs", async () => (await engine.containers()).length === 1);
    endProcess(worker.pid, "SIGKILL");
    await worker.end;
    assert.equal((await engine.containers()).length, 1);
    worker = startWorker();
    const { attempts } = await reaches(id, "succeeded");
    assert.deepEqual(
      attempts.map(({ outcome }) => outcome),
      ["lost", "succeeded"],
    );
    assert.deepEqual(await engine.containers(), []);
    assert.match(worker.err(), /removed containers that were left behind/);
  });

  it("gives back what runs on a worker that is stopped", async () => {
    const id = await submit(docker({ command: 'test "$OCTOPUS_ATTEMPT" != 1 || sleep 1000' }));
    await until("it runs", async () => (await engine.containers()).length === 1);
    worker.child.kill("SIGTERM");
    assert.equal(await worker.end, 0, worker.err());
    assert.deepEqual(await engine.containers(), []);
    worker = startWorker();
    assert.equal((await reaches(id, "succeeded")).attempts[0]!.outcome, "interrupted");
  });

  it("waits for an engine that is gone, says so, and goes on when it is back", async () => {
    const running = await submit({ ...docker({ command: 'test "$OCTOPUS_ATTEMPT" != 1 || sleep 1000' }), retries: 1 });
    await until("it runs", async () => (await engine.containers()).length === 1);
    await engine.kill();
    const waiting = await submit(docker({ command: "true" }));
    await until("it says why it waits", async () =>
      /boxes has no container engine that answers/.test((await place.run(["explain", waiting])).out),
    );
    await engine.up();
    // The worker looks every half minute; one that comes new looks at once.
    worker.child.kill("SIGTERM");
    await worker.end;
    worker = startWorker();
    await reaches(waiting, "succeeded");
    assert.equal((await reaches(running, "succeeded")).attempts.length, 2);
    assert.deepEqual(await engine.containers(), []);
  });
});
