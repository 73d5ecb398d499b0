/** Streams of bytes to another process, which ends without a word. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { describe, test } from "node:test";
import { NatsServer, withoutNats } from "../../../test/nats/server.ts";
import { connectNats } from "./backend.ts";
import { SUITE_MS_MAX } from "../../../test/machine.ts";

/** Another process, a server that sends back what it is sent; resolves when it takes streams. */
async function peer(address: string, server: string): Promise<ChildProcess> {
  const settings = JSON.stringify({ servers: [address], cluster: "test", server, replicas: 1 });
  const code = `
    const { connectNats } = await import(${JSON.stringify(import.meta.resolve("./backend.ts"))});
    const backend = await connectNats(${settings});
    backend.bus.accept((stream) => stream.on("error", () => {}).pipe(stream));
    await backend.values.get("nothing");
    console.log("ready");`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return child;
}

describe("streams to another process", { skip: withoutNats() ?? false, timeout: SUITE_MS_MAX }, () => {
  test("streams break when the process at the other end is killed, and when it stands still", async () => {
    await using nats = await NatsServer.start([], { config: "" });
    const backend = await connectNats({ servers: [nats.address], cluster: "test", server: "a", replicas: 1 });
    for (const signal of ["SIGKILL", "SIGSTOP"] as const) {
      const child = await peer(nats.address, `peer-${signal}`);
      const ended = once(child, "exit");
      const stream = backend.bus.connect(`peer-${signal}`);
      stream.write("hello");
      const [echo] = (await once(stream, "data")) as [Buffer];
      assert.equal(echo.toString(), "hello");
      const broken = once(stream, "error") as Promise<[Error & { code?: string }]>;
      child.kill(signal);
      const [error] = await broken;
      assert.equal(error.code, "ECONNRESET");
      child.kill("SIGKILL");
      await ended;
    }
    await backend.close();
  });
});
