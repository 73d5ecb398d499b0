/** Engines that are not on the worker's machine, or see other folders than the worker does. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { attempt, type Logged } from "../conformance/executor.ts";
import { TestEngine, withoutEngine } from "./engine.ts";
import { docker, dockerExecutor } from "./executor.ts";
import { SUITE_MS_MAX } from "../machine.ts";

const textOf = (log: readonly Logged[]): string => log.map(({ text }) => text).join("");

describe("engines elsewhere", { skip: withoutEngine() ?? false, timeout: SUITE_MS_MAX }, () => {
  let engine: TestEngine;
  const sockets = new Set<Socket>();
  /** The end of a container is asked for. */
  let isWaitedFor = Promise.withResolvers<void>();
  /** A network between the worker and its engine. */
  const network = createServer({ allowHalfOpen: true }, (socket) => {
    const other = connect({ path: engine.socket, allowHalfOpen: true });
    for (const each of [socket, other]) sockets.add(each.on("error", () => undefined));
    socket.on("data", (bytes: Buffer) => bytes.includes("/wait HTTP") && isWaitedFor.resolve());
    socket.pipe(other).pipe(socket);
  });
  let host: string;
  const scratch = mkdtempSync(join(tmpdir(), "octopus-elsewhere-"));

  before(async () => {
    engine = await TestEngine.start();
    network.listen(0, "127.0.0.1");
    await once(network, "listening");
    host = `tcp://127.0.0.1:${(network.address() as AddressInfo).port}`;
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    network.close();
    await engine?.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  it("one that is reached over the network runs what needs no folder of this machine", async () => {
    const executor = await dockerExecutor({ host }, { volumes: [scratch] });
    const outputs = { seen: { from: "stdout" } };
    const running = attempt(executor, docker({ command: "cat; echo ${OCTOPUS_OUTPUT:-none}", stdin: "in ", outputs }));
    assert.deepEqual((await running.report).result, { seen: "in none" });
    assert.match(textOf(running.log), /does not see the folders of this worker: no \$OCTOPUS_OUTPUT/);
    const { error } = await attempt(executor, docker({ command: "x", volumes: [`${scratch}:/x`] })).report;
    assert.match(error!.message, /on another machine, whose folders nobody here can check; use a named volume/);
    await executor.close!();
  });

  it("a connection that breaks costs output, and not the task", async () => {
    const executor = await dockerExecutor({ host });
    isWaitedFor = Promise.withResolvers();
    const command = "trap 'echo after; exit 7' USR1; echo before; while :; do sleep 0.1; done";
    const running = attempt(executor, docker({ command }));
    await running.logged((log) => /before/.test(textOf(log)));
    await isWaitedFor.promise;
    for (const socket of sockets) socket.destroy();
    const [container] = await engine.containers();
    await engine.client.call("POST", `/containers/${container}/kill`, { query: { signal: "USR1" } });
    const { exitCode, error } = await running.report;
    assert.equal(exitCode, 7);
    assert.match(error!.message, /the connection to the container engine broke meanwhile/);
    assert.match(textOf(running.log), /some of the output is missing/);
    assert.deepEqual(await engine.containers(), []);
    await executor.close!();
  });

  it("one that sees other folders than the worker runs the task without them, and says so", async () => {
    const dir = join(scratch, "state");
    mkdirSync(join(dir, "container-files"), { recursive: true });
    // As for a worker in a container that was given the engine's socket: the path is another folder there.
    await once(engine.spawnInside("mount", ["-t", "tmpfs", "none", dir]), "exit");
    const executor = await dockerExecutor(engine, { dir });
    for (const _ of [1, 2]) {
      const running = attempt(executor, docker({ command: "echo ${OCTOPUS_OUTPUT:-none}" }));
      assert.equal((await running.report).outcome, "succeeded", textOf(running.log));
      assert.match(textOf(running.log), /does not see the folders.*\n*none\n/);
    }
    await executor.close!();
  });
});
