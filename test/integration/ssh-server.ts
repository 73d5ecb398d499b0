/**
 * A real SSH server for tests: Debian's dropbear on a free port of this machine, with keys of its own. It takes root alone,
 * whose home is a folder of the test for it, in a mount namespace: nothing of the machine is changed.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "../server-process.ts";

/** Why none can be started here; undefined when one can. */
export function withoutSsh(): string | undefined {
  if (process.getuid?.() !== 0) return "an SSH server for root can be started by root alone";
  for (const program of ["dropbear", "ssh", "unshare"]) {
    try {
      execFileSync("sh", ["-c", `command -v ${program}`]);
    } catch {
      return `there is no ${program} here; on Debian: apt-get install -y dropbear-bin openssh-client util-linux`;
    }
  }
  return undefined;
}

export class SshServer {
  readonly folder = mkdtempSync(join(tmpdir(), "octopus-ssh-"));
  /** The key that it takes. */
  readonly identity = join(this.folder, "key");
  readonly knownHosts = join(this.folder, "known_hosts");
  port = 0;
  #process: ChildProcess | undefined;

  static async start(): Promise<SshServer> {
    const server = new SshServer();
    const { folder } = server;
    const home = join(folder, "home");
    mkdirSync(join(home, ".ssh"), { recursive: true });
    for (const path of [folder, home, join(home, ".ssh")]) chmodSync(path, 0o700);
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", server.identity]);
    copyFileSync(`${server.identity}.pub`, join(home, ".ssh", "authorized_keys"));
    const said = execFileSync("dropbearkey", ["-t", "ed25519", "-f", join(folder, "host")], { encoding: "utf8" });
    server.port = await freePort();
    const key = /^(ssh-ed25519 \S+)/m.exec(said)![1]!;
    writeFileSync(server.knownHosts, `[127.0.0.1]:${server.port} ${key}\n`);
    const run = `mount --bind ${home} ${homedir()} && exec dropbear -F -E -s -m -r ${folder}/host -P ${folder}/pid -p 127.0.0.1:${server.port}`;
    server.#process = spawn("unshare", ["--mount", "sh", "-c", run], { stdio: "ignore" });
    while (!(await isOpen(server.port))) {
      if (server.#process.exitCode !== null) throw new Error("dropbear ended at its start");
      await wait(20);
    }
    return server;
  }

  /** What a task says to reach it. */
  get given(): { host: string; port: number; user: string; identity: string; knownHosts: string } {
    const { port, identity, knownHosts } = this;
    return { host: "127.0.0.1", port, user: "root", identity, knownHosts };
  }

  async stop(): Promise<void> {
    const server = this.#process;
    if (server?.exitCode === null) {
      const ended = once(server, "exit");
      server.kill("SIGTERM");
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}
