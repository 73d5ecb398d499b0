/**
 * The commands of the documents about clusters, typed as they stand there, with free ports in place of theirs: three servers on
 * a real NATS and a worker, the leader killed, a backup gone back to.
 */
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import type { ClusterView } from "../../src/protocol/cluster-view.ts";
import { natsProgram, withoutNats } from "../nats/server.ts";
import { freePort, ready } from "../server-process.ts";
import { sourceFiles } from "../source-files.ts";
import { program } from "./commands.ts";

const execute = promisify(execFile);
const GUIDE = "docs/guide/cluster.md";
const OPERATING = "docs/operate/cluster.md";
const COMMAND_MS_MAX = 120_000;
const UNTIL_MS_MAX = 120_000;

/** The commands of the block that holds these words. */
function block(path: string, words: string): string[] {
  const [file] = sourceFiles(path);
  const blocks = [...file!.text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, script]) => script!);
  const found = blocks.find((script) => script.includes(words));
  assert.ok(found !== undefined, `${path} has a block with ${words}`);
  return found.trimEnd().split("\n");
}

describe("commands in the documents about clusters", { skip: withoutNats() ?? false, timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "octopus-docs-cluster-"));
  const running = new Map<string, ChildProcess>();
  const urls = new Map<string, string>();
  let env: NodeJS.ProcessEnv = {};
  let inPlace = (command: string): string => command;

  before(async () => {
    const bin = join(folder, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "octopus"), `#!/bin/sh\nexec ${program()} "$@"\n`, { mode: 0o755 });
    symlinkSync(natsProgram(), join(bin, "nats-server"));
    env = { ...process.env, PATH: `${bin}${delimiter}${process.env["PATH"]}`, NO_COLOR: "1", XDG_STATE_HOME: folder };
    const [nats, ...ports] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
    for (const [index, name] of ["a", "b", "c"].entries()) urls.set(name, `http://127.0.0.1:${ports[index]}`);
    inPlace = (command) =>
      command
        .replace("nats-server -js", `nats-server -a 127.0.0.1 -p ${nats} -js`)
        .replace(/nats:\/\/(127\.0\.0\.1|n1):4222/, `nats://127.0.0.1:${nats}`)
        .replace(/\b800([123])\b/, (_, digit: string) => String(ports[Number(digit) - 1]))
        .replace("/backups", folder);
  });
  after(async () => {
    for (const name of [...running.keys()].toReversed()) await end(name, "SIGTERM");
    rmSync(folder, { recursive: true, force: true });
  });

  function begin(name: string, command: string): void {
    running.set(name, spawn("sh", ["-c", `exec ${inPlace(command)}`], { cwd: folder, env, stdio: "ignore" }));
  }

  async function end(name: string, signal: NodeJS.Signals): Promise<void> {
    const child = running.get(name);
    running.delete(name);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  }

  async function type(command: string, more: NodeJS.ProcessEnv = {}): Promise<string> {
    const options = { cwd: folder, env: { ...env, ...more }, timeout: COMMAND_MS_MAX };
    return (await execute("sh", ["-eu", "-c", inPlace(command)], options)).stdout;
  }

  /** The cluster as this server sees it, once somebody leads. */
  async function led(name: string, without?: string): Promise<ClusterView> {
    const until = performance.now() + UNTIL_MS_MAX;
    for (;;) {
      const response = await fetch(`${urls.get(name)}/api/v1/cluster`).catch(() => undefined);
      const view = response?.ok === true ? ((await response.json()) as ClusterView) : undefined;
      if (view?.leader !== undefined && view.leader !== without && view.role !== "starting") return view;
      assert.ok(performance.now() < until, `nobody leads: ${JSON.stringify(view)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  const starting = (): string[] => block(GUIDE, "nats-server -js");

  it("three servers on one machine: any takes what any other takes", async () => {
    const [nats, ...octopus] = starting();
    begin("nats", nats!);
    for (const [index, name] of ["a", "b", "c", "worker"].entries()) begin(name, octopus[index]!);
    assert.equal(octopus.length, 4);
    for (const [name, url] of urls) await ready(url, running.get(name)!);
    await Promise.all([...urls.keys()].map((name) => led(name)));
    const [submit, list, cluster] = block(GUIDE, "octopus ls --server");
    assert.match(await type(submit!), /succeeded/);
    assert.match(await type(list!), /echo hello/);
    const shown = await type(cluster!);
    assert.match(shown, /^cluster +main, shard default$/m);
    for (const name of urls.keys()) assert.match(shown, new RegExp(`^${name} .*(leader|follower)`, "m"));
  });

  it("the leader is killed: another one leads, and work goes on", async () => {
    const { leader } = await led("a");
    await end(leader!, "SIGKILL");
    urls.delete(leader!);
    const [left] = urls.keys();
    await led(left!, leader);
    assert.match(await type(`octopus submit --server ${urls.get(left!)} --wait -- echo again`), /succeeded/);
  });

  it("what there is to watch, and back to a backup", async () => {
    const [name] = urls.keys();
    const url = urls.get(name!)!;
    const watching = block(OPERATING, "/readyz").map((line) => line.replace("http://127.0.0.1:8000", url));
    const shown = await type(watching.join("\n"), { OCTOPUS_SERVER_URL: url });
    assert.match(shown, /^octopus_cluster_ready\{.*\} 1$/m);
    await type(`octopus backup ${join(folder, "sunday.db")} --server ${url}`);
    await type(`octopus submit --server ${url} --id later --wait -- true`);
    for (const one of [...urls.keys(), "worker"]) await end(one, "SIGTERM");
    const [restore] = block(OPERATING, "octopus cluster restore");
    await type(restore!);
    begin(
      name!,
      starting().find((command) => command.includes(`--server-name ${name}`))!,
    );
    await ready(url, running.get(name!)!);
    await led(name!);
    assert.equal((await fetch(`${url}/api/v1/tasks/t1`)).status, 200, "what the backup holds is there");
    assert.equal((await fetch(`${url}/api/v1/tasks/later`)).status, 404, "what came after it is gone");
  });
});
