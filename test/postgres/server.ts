/** A real PostgreSQL server for tests: on a free port of this machine, with a folder of its own, ended with the test. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { freePort } from "../server-process.ts";

const OPT_OUT = "OCTOPUS_TEST_WITHOUT_POSTGRES";
/** Folder of the programs, where they are not in Debian's place. */
const OWN = "OCTOPUS_TEST_POSTGRES_BIN";
const DEBIAN = "/usr/lib/postgresql";
const READY_MS_MAX = 60_000;

/** Why tests with PostgreSQL are not run here; undefined: they are, and fail where none can start. */
export function withoutPostgres(): string | undefined {
  return process.env[OPT_OUT] === undefined ? undefined : `${OPT_OUT} is set`;
}

/** Where it runs, when that is not this host. */
export interface PostgresHost {
  host: string;
  /** What goes before the program. */
  through: readonly string[];
  /** Addresses that may connect, as in `pg_hba.conf`. */
  network: string;
}

export class PostgresServer {
  readonly #at: PostgresHost | undefined;
  readonly #folder = mkdtempSync(join(tmpdir(), "octopus-postgres-"));
  readonly #bin = programs();
  readonly #user = unprivileged();
  #child: ChildProcess | undefined;
  port = 0;

  private constructor(at: PostgresHost | undefined) {
    this.#at = at;
  }

  static async start(at?: PostgresHost): Promise<PostgresServer> {
    const server = new PostgresServer(at);
    try {
      if (server.#user !== undefined) chownSync(server.#folder, server.#user.uid, server.#user.gid);
      const words = ["-D", server.#data, "-U", "octopus", "-A", "trust", "--no-locale", "-E", "UTF8", "--no-sync"];
      execFileSync(join(server.#bin, "initdb"), words, { ...server.#user, stdio: ["ignore", "ignore", "pipe"] });
      if (at !== undefined) appendFileSync(join(server.#data, "pg_hba.conf"), `host all all ${at.network} trust\n`);
      server.port = await freePort();
      await server.up();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  get #data(): string {
    return join(this.#folder, "data");
  }

  get #host(): string {
    return this.#at?.host ?? "127.0.0.1";
  }

  get url(): string {
    return `postgres://octopus@${this.#host}:${this.port}/postgres`;
  }

  /** Starts it, for the first time or again with what it holds. */
  async up(): Promise<void> {
    const words = ["-D", this.#data, "-p", String(this.port), "-c", `listen_addresses=${this.#host}`];
    const more = ["-c", "unix_socket_directories=", "-c", "shared_buffers=32MB", "-c", "max_connections=60"];
    const all = [join(this.#bin, "postgres"), ...words, ...more];
    const stdio: ["ignore", "ignore", "pipe"] = ["ignore", "ignore", "pipe"];
    const child = this.#at === undefined ? this.#here(all, stdio) : this.#there(all, stdio, this.#at);
    this.#child = child;
    let said = "";
    child.stderr!.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4000)));
    const deadline = performance.now() + READY_MS_MAX;
    while (!/ready to accept connections/.test(said)) {
      if (child.exitCode !== null || performance.now() > deadline)
        throw new Error(`PostgreSQL does not start: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  #here([program, ...words]: string[], stdio: ["ignore", "ignore", "pipe"]): ChildProcess {
    return spawn(program!, words, { ...this.#user, stdio });
  }

  /** Whoever enters another host is root; on it, the program is nobody special. */
  #there(words: string[], stdio: ["ignore", "ignore", "pipe"], { through }: PostgresHost): ChildProcess {
    const { uid, gid } = this.#user!;
    const [first, ...rest] = [...through, "setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", ...words];
    return spawn(first!, rest, { stdio });
  }

  /** SIGKILL takes the whole server along; SIGINT ends it in order, whoever is connected. */
  async kill(signal: "SIGKILL" | "SIGINT" = "SIGKILL"): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  }

  /** SIGSTOP halts all of its processes, SIGCONT lets them go on. */
  halt(signal: "SIGSTOP" | "SIGCONT"): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);
    for (const one of [pid, ...children.map(Number)]) process.kill(one, signal);
  }

  /** What the test itself does to it. */
  async query(sql: string): Promise<void> {
    const client = new pg.Client({ connectionString: this.url });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 20 });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

function programs(): string {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).toSorted((a, b) => Number(b) - Number(a)) : [];
  const found =
    process.env[OWN] ??
    versions.map((version) => join(DEBIAN, version, "bin")).find((bin) => existsSync(join(bin, "initdb")));
  if (found !== undefined) return found;
  const hint = `${OWN} names the folder of its programs; ${OPT_OUT}=1 leaves these tests out`;
  throw new Error(`PostgreSQL is not installed here: apt-get install postgresql-15 (${hint})`);
}

/** PostgreSQL refuses to run as root. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}
