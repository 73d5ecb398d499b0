/** The spawner as a process: what it does to commands when it, its worker or the reader of the output fails. */
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { onThisMachine } from "../../../test/machine.ts";
import { type CommandOutcome, type RunningCommand, SpawnerClient, type SpawnerKind } from "./client.ts";
import { GUARD_VARIABLE } from "./guard.ts";
import { HOLD_MS } from "./supervisor.ts";
import { spawnerKinds } from "./testing.ts";

const scratch = mkdtempSync(join(tmpdir(), "octopus-spawner-"));
after(() => rmSync(scratch, { recursive: true }));

test("a program that runs itself instead of the spawner is refused, and so is a spawner without a worker", async () => {
  process.env[GUARD_VARIABLE] = "1";
  try {
    assert.throws(() => new SpawnerClient().run({ argv: ["true"] }, { onOutput() {} }), /tried to start a spawner/);
  } finally {
    delete process.env[GUARD_VARIABLE];
  }
  const child = spawn(process.execPath, [fileURLToPath(new URL("./main.ts", import.meta.url))], { stdio: "ignore" });
  assert.deepEqual(await once(child, "exit"), [2, null]);
});

for (const kind of spawnerKinds()) {
  const start = (client: SpawnerClient, command: string, stdin?: string): RunningCommand & { out(): string } => {
    let out = "";
    const onOutput = (_: string, bytes: Uint8Array): void => void (out += Buffer.from(bytes).toString());
    const running = client.run({ argv: ["/bin/sh", "-c", command] }, { stdin, onOutput });
    return { ...running, out: () => out };
  };
  /** Starts a command that goes on, and waits for the line that it prints first. */
  const startLong = (
    client: SpawnerClient,
    command: string,
  ): Promise<{ line: string; outcome: Promise<CommandOutcome> }> =>
    new Promise((resolve) => {
      const onOutput = (_: string, bytes: Uint8Array): void =>
        resolve({ line: Buffer.from(bytes).toString().trim(), outcome });
      const { outcome } = client.run({ argv: ["/bin/sh", "-c", command] }, { onOutput });
    });
  const withClient = async (body: (client: SpawnerClient) => Promise<void>, graceMs = 5000): Promise<void> => {
    const client = new SpawnerClient({ kind, graceMs });
    try {
      await body(client);
    } finally {
      await client.close();
    }
  };

  test(`${kind}: it says what it is`, async () => {
    await withClient(async (client) => assert.deepEqual(await client.start(), { kind, pid: client.pid }));
  });

  test(`${kind}: output that was read late is not taken for output that somebody holds`, async () => {
    await withClient(async (client) => {
      const go = join(scratch, `late-${kind}`);
      const command = start(client, `echo $$; while ! test -e ${go}; do :; done; echo end`);
      while (!command.out().endsWith("\n")) await new Promise((resolve) => setImmediate(resolve));
      // Suspended while it waits, it finds the end of the command long after its wait began.
      process.kill(client.pid!, "SIGSTOP");
      writeFileSync(go, "");
      await gone(Number(command.out()));
      await new Promise((resolve) => setTimeout(resolve, HOLD_MS + 100));
      process.kill(client.pid!, "SIGCONT");
      const outcome = await command.outcome;
      assert.deepEqual([outcome.type, outcome.type === "ended" && outcome.held], ["ended", false]);
      assert.match(command.out(), /^\d+\nend\n$/);
    });
  });

  if (process.platform === "linux") {
    test(`${kind}: a command inherits no descriptor, no ignored signal, and leads its own session`, async () => {
      await withClient(async (client) => {
        // Others run at the same time: their pipes are what could leak.
        const others = Array.from({ length: 5 }, () => start(client, "sleep 0.2", "input"));
        const command = start(
          client,
          "ls -m /proc/self/fd; grep -E 'Sig(Ign|Blk)' /proc/self/status; ps -o sid=,pgid= -p $$; echo $$",
        );
        await command.outcome;
        const [fds, ...lines] = command.out().trim().split("\n");
        // 3 is the folder that ls reads. What this test itself inherited, child_process hands on.
        const foreign = execFileSync("ls", ["-m", "/proc/self/fd"], { encoding: "utf8" }).trim();
        assert.equal(fds, kind === "ffi" ? "0, 1, 2, 3" : foreign);
        assert.match(lines[0]!, /SigBlk:\s+0000000000000000$/);
        assert.match(lines[1]!, /SigIgn:\s+0000000000000000$/);
        const pid = lines[3];
        assert.deepEqual(lines[2]!.trim().split(/\s+/), [pid, pid]);
        await Promise.all(others.map(({ outcome }) => outcome));
      });
    });

    test(`${kind}: hundreds of commands leave no descriptor and no zombie behind`, async () => {
      await withClient(async (client) => {
        await start(client, "true").outcome;
        const before = readFileSync(`/proc/${client.pid}/status`, "utf8").match(/FDSize:\s+(\d+)/)![1];
        for (let round = 0; round < 10; round++) {
          const commands = Array.from({ length: 20 }, (_, i) =>
            start(client, i % 4 === 0 ? "cat" : "echo x", i % 4 === 0 ? "in" : undefined),
          );
          for (const { outcome } of commands) assert.equal((await outcome).type, "ended");
        }
        const children = readFileSync(`/proc/${client.pid}/task/${client.pid}/children`, "utf8");
        assert.equal(children.trim(), "");
        const after = readFileSync(`/proc/${client.pid}/status`, "utf8").match(/FDSize:\s+(\d+)/)![1];
        assert.ok(Number(after) <= Number(before) * 2, `${before} -> ${after}`);
      });
    });

    test(`${kind}: a flood of output passes without filling memory`, async () => {
      await withClient(async (client) => {
        let bytes = 0;
        const size = 200_000_000;
        const { outcome } = client.run(
          { argv: ["/bin/sh", "-c", `head -c ${size} /dev/zero`] },
          { onOutput: (_, chunk) => (bytes += chunk.length) },
        );
        assert.equal((await outcome).type, "ended");
        assert.equal(bytes, size);
        const peakKiB = Number(readFileSync(`/proc/${client.pid}/status`, "utf8").match(/VmHWM:\s+(\d+)/)![1]);
        assert.ok(peakKiB < 150_000, `the spawner's peak was ${peakKiB} KiB`);
      });
    });
  }

  test(`${kind}: a command whose reader is stuck waits, and loses nothing`, async () => {
    await withClient(async (client) => {
      const size = 8_000_000;
      let bytes = 0;
      const stuckUntil = performance.now() + 300;
      const { outcome } = client.run(
        { argv: ["/bin/sh", "-c", `head -c ${size} /dev/zero`] },
        {
          onOutput(_, chunk) {
            // The worker's loop is blocked, as by user code: nothing may be lost and nothing may be cut.
            while (performance.now() < stuckUntil);
            bytes += chunk.length;
          },
        },
      );
      const end = await outcome;
      assert.ok(end.type === "ended" && !end.held);
      assert.equal(bytes, size);
    });
  });

  test(`${kind}: when the spawner dies, its commands are killed and settle as lost, and the next one finds another`, async () => {
    await withClient(async (client) => {
      const { line, outcome } = await startLong(client, "echo $$; sleep 1000");
      process.kill(client.pid!, "SIGKILL");
      const lost = await outcome;
      assert.deepEqual(lost, { type: "lost", why: "it was ended by SIGKILL", started: true });
      await gone(Number(line));
      const next = start(client, "echo again");
      assert.equal((await next.outcome).type, "ended");
      assert.equal(next.out(), "again\n");
    });
  });

  test(`${kind}: closing ends what still runs, and the client can be used again`, async () => {
    const client = new SpawnerClient({ kind });
    const { line, outcome } = await startLong(client, "echo $$; sleep 1000");
    await client.close();
    assert.equal((await outcome).type, "lost");
    await gone(Number(line));
    assert.equal((await start(client, "true").outcome).type, "ended");
    await client.close();
  });

  test(`${kind}: when the worker is killed, its commands get TERM, then KILL, and the spawner ends`, async () => {
    const mark = join(scratch, `${kind}-cleaned`);
    const polite = `trap 'echo x > ${mark}; exit' TERM; echo $$; while :; do sleep 0.02; done`;
    const stubborn = "trap '' TERM; echo $$; while :; do sleep 0.02; done";
    const { worker, pids } = await startWorker(kind, [polite, stubborn]);
    worker.kill("SIGKILL");
    await Promise.all(pids.map(gone));
    assert.ok(existsSync(mark), "the polite one had no time to clean up");
  });

  test(`${kind}: an idle spawner does not keep its worker's process alive`, async () => {
    const { worker, pids } = await startWorker(kind, []);
    assert.equal(pids.length, 1);
    const code = worker.exitCode ?? ((await once(worker, "exit")) as [number])[0];
    assert.equal(code, 0);
    await gone(pids[0]!);
  });
}

/** A worker in a process of its own that runs the commands; answers the spawner's number and those they print. */
async function startWorker(kind: SpawnerKind, commands: string[]): Promise<{ worker: ChildProcess; pids: number[] }> {
  const source = `
    import { SpawnerClient } from ${JSON.stringify(new URL("./client.ts", import.meta.url).href)};
    const client = new SpawnerClient({ kind: ${JSON.stringify(kind)}, graceMs: ${onThisMachine(500)} });
    console.log((await client.start()).pid);
    for (const command of ${JSON.stringify(commands)}) {
      client.run({ argv: ["/bin/sh", "-c", command] }, { onOutput: (_, bytes) => process.stdout.write(bytes) });
    }`;
  const worker = spawn(process.execPath, ["--input-type=module", "-e", source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  for await (const chunk of worker.stdout.setEncoding("utf8")) {
    text += chunk;
    if (text.trim().split("\n").length === commands.length + 1 && text.endsWith("\n")) break;
  }
  return { worker, pids: text.trim().split("\n").map(Number) };
}

/** Resolves when the process has ended, as a zombie at least. The test's own time limit is the limit. */
async function gone(pid: number): Promise<void> {
  assert.ok(pid > 0);
  while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
