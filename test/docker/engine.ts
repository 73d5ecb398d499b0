/**
 * A real container engine for tests: Debian's dockerd, in namespaces of its own (mounts, processes, network), so that nothing
 * that it does reaches the machine, and all of it is gone with one process. It ends when the test's process does.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, symlinkSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EngineClient } from "../../src/worker/docker/client.ts";
import { parseHost } from "../../src/worker/docker/host.ts";

/** On a developer's machine without root this lets the tests pass without an engine, and say so. */
const OPT_OUT = "OCTOPUS_TEST_WITHOUT_DOCKER";
const READY_MS_MAX = 120_000;
/** Time in which an engine answers that is there. */
const ANSWER_MS_MAX = 5000;
/** The image that tests use: busybox and nothing else. */
export const IMAGE = "bb:1";

/** Why tests with an engine are not run here; undefined: they are, and fail where none can start. */
export function withoutEngine(): string | undefined {
  return process.env[OPT_OUT] === undefined ? undefined : `${OPT_OUT} is set`;
}

export class TestEngine {
  readonly folder = mkdtempSync(join(tmpdir(), "octopus-docker-"));
  readonly socket = join(this.folder, "docker.sock");
  readonly host = `unix://${this.socket}`;
  readonly client = new EngineClient(parseHost(this.host, "the test"));
  readonly #cgroup = `octopus-test-${process.pid}`;
  #holder: ChildProcess | undefined;
  /** First process of the namespaces. */
  #first = 0;
  #dockerd: ChildProcess | undefined;
  #said = "";
  /** Whether dockerd is to end: an end that nobody asked for is told, since every test after it fails. */
  #expected = false;

  /** Starts it, with the image in it. */
  static async start(): Promise<TestEngine> {
    const engine = new TestEngine();
    try {
      await engine.#open();
      await engine.up();
      await engine.#loadImage();
      return engine;
    } catch (error) {
      await engine.stop();
      const why = error instanceof Error ? error.message : String(error);
      const hint = `needs root, and on Debian: apt-get install -y --no-install-recommends docker.io busybox-static`;
      throw new Error(
        `no container engine can be started here: ${why} (${hint}; ${OPT_OUT}=1 leaves these tests out)`,
        { cause: error },
      );
    }
  }

  /** Starts dockerd, for the first time or after `kill`. */
  async up(): Promise<void> {
    const at = (name: string): string => join(this.folder, name);
    const options = ["--data-root", at("data"), "--exec-root", at("exec"), "--pidfile", at("pid"), "-H", this.host];
    const more = [
      "--bip",
      "172.31.240.1/24",
      "--exec-opt",
      "native.cgroupdriver=cgroupfs",
      "--cgroup-parent",
      `/${this.#cgroup}`,
    ];
    rmSync(at("pid"), { force: true });
    this.#dockerd = this.spawnInside("dockerd", [...options, ...more]);
    this.#expected = false;
    this.#dockerd.once("exit", (code, signal) => {
      if (!this.#expected)
        process.stderr.write(`dockerd ended by itself, with ${signal ?? code}; its last words:\n${this.#said}`);
    });
    for (const stream of [this.#dockerd.stdout!, this.#dockerd.stderr!])
      stream.setEncoding("utf8").on("data", (text: string) => (this.#said = (this.#said + text).slice(-4000)));
    const until = performance.now() + READY_MS_MAX;
    for (;;) {
      const answer = await this.client.ping(1000).catch((error: unknown) => error);
      if (!(answer instanceof Error)) return;
      if (this.#dockerd.exitCode !== null || performance.now() > until)
        throw new Error(`dockerd does not answer: ${String(answer)}\n${this.#said}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** As a crash: at once, and without a word to anybody. */
  async kill(): Promise<void> {
    const pid = readFileSync(join(this.folder, "pid"), "utf8").trim();
    const ended = once(this.#dockerd!, "exit");
    this.#expected = true;
    this.spawnInside("kill", ["-KILL", pid]);
    await ended;
  }

  /**
   * Sees to it that dockerd answers, if need be by starting another one: what is tested is how a worker takes it when its
   * engine dies or hangs, not how dockerd takes being stopped for seconds. What it said last is on standard error then.
   */
  async revive(): Promise<void> {
    const isThere = this.#dockerd?.exitCode === null && this.#dockerd.signalCode === null;
    if (isThere) {
      const answer = await this.client.ping(ANSWER_MS_MAX).catch((error: unknown) => error);
      if (!(answer instanceof Error)) return;
      process.stderr.write(`dockerd does not answer any more: ${String(answer)}; its last words:\n${this.#said}`);
      this.#dockerd!.kill("SIGCONT");
      await this.kill();
    }
    await this.up();
  }

  /** Stops it for a while: it is there, and does not answer. */
  async pause(signal: "STOP" | "CONT"): Promise<void> {
    const pid = readFileSync(join(this.folder, "pid"), "utf8").trim();
    await once(this.spawnInside("kill", [`-${signal}`, pid]), "exit");
    // nsenter stops with what it started, and does not go on with it.
    if (signal === "CONT") this.#dockerd!.kill("SIGCONT");
  }

  /** Runs a program where the engine runs: same network, same processes. */
  spawnInside(program: string, args: readonly string[]): ChildProcess {
    const inside = ["-t", String(this.#first), "-m", "-p", "-n", "--", program, ...args];
    return spawn("nsenter", inside, { stdio: ["ignore", "pipe", "pipe"] });
  }

  /** Names of the containers that there are, whatever their state. */
  async containers(): Promise<string[]> {
    const listed = (await this.client.call("GET", "/containers/json", { query: { all: true } })) as {
      Names: string[];
    }[];
    return listed.flatMap(({ Names }) => Names).map((name) => name.slice(1));
  }

  async stop(): Promise<void> {
    this.#expected = true;
    if (this.#holder !== undefined && this.#holder.exitCode === null) {
      const ended = once(this.#holder, "exit");
      // The first process of the namespaces ends with it, and with that one all others.
      this.#holder.kill("SIGKILL");
      await ended;
    }
    if (this.#dockerd !== undefined && this.#dockerd.exitCode === null && this.#dockerd.signalCode === null)
      await once(this.#dockerd, "exit");
    for (const base of ["/sys/fs/cgroup", "/sys/fs/cgroup/*"]) {
      const folders = globSync([`${base}/${this.#cgroup}`, `${base}/${this.#cgroup}/*`]);
      for (const folder of folders.toSorted().toReversed()) await removeGroup(folder);
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  /** Makes the namespaces, and waits for them. */
  async #open(): Promise<void> {
    // What dockerd and containerd write below /run and /etc is gone with them.
    const setUp = [
      "mount -t tmpfs none /run",
      "if [ -d /etc/docker ]; then mount -t tmpfs none /etc/docker; fi",
      "ip link set lo up",
      "echo 1 >/proc/sys/net/ipv4/ip_forward",
      "echo ready",
      // It reaps what dies without a parent: a dead containerd that nobody reaped would pass for a living one.
      "exec docker-init -- sleep infinity",
    ];
    const unshare = ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child", "--mount-proc"];
    const args = ["--pdeathsig", "KILL", "--", ...unshare, "sh", "-ec", setUp.join("\n")];
    this.#holder = spawn("setpriv", args, { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    this.#holder.stderr!.setEncoding("utf8").on("data", (text: string) => (said += text));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#holder.stdout!.once("data", () => resolve());
    this.#holder.once("error", reject);
    this.#holder.once("exit", () => reject(new Error(`no namespaces could be made: ${said.trim()}`)));
    await promise;
    const children = `/proc/${this.#holder.pid}/task/${this.#holder.pid}/children`;
    this.#first = Number(readFileSync(children, "utf8").trim().split(" ")[0]);
  }

  async #loadImage(): Promise<void> {
    const root = join(this.folder, "root");
    const bin = join(root, "bin");
    mkdirSync(bin, { recursive: true });
    for (const folder of ["tmp", "etc"]) mkdirSync(join(root, folder));
    cpSync(execFileSync("sh", ["-c", "command -v busybox"], { encoding: "utf8" }).trim(), join(bin, "busybox"));
    const applets = execFileSync(join(bin, "busybox"), ["--list"], { encoding: "utf8" }).trim().split("\n");
    for (const name of applets) if (name !== "busybox") symlinkSync("busybox", join(bin, name));
    const layer = join(this.folder, "layer.tar");
    execFileSync("tar", ["-C", root, "-cf", layer, "."]);
    const [repo, tag] = IMAGE.split(":");
    const path = `/images/create?fromSrc=-&repo=${repo}&tag=${tag}`;
    const sent = request({
      socketPath: this.socket,
      method: "POST",
      path,
      headers: { "content-type": "application/x-tar" },
    });
    sent.end(readFileSync(layer));
    const [response] = (await once(sent, "response")) as [NodeJS.ReadableStream & { statusCode: number }];
    for await (const piece of response) if (String(piece).includes('"error"')) throw new Error(String(piece));
  }
}

/** The kernel needs a moment after the last process of a group. */
async function removeGroup(folder: string): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    try {
      return rmdirSync(folder);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "EBUSY" && code !== "ENOTEMPTY") return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
