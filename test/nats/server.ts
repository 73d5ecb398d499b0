/** A real NATS server for tests: on a free port of this machine, with a folder of its own, ended with the test. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "@nats-io/transport-node";
import { root } from "../source-files.ts";
import { freePort } from "../server-process.ts";

const OPT_OUT = "OCTOPUS_TEST_WITHOUT_NATS";
/** A program that is there already. */
const OWN = "OCTOPUS_TEST_NATS_SERVER";
const CACHE = join(root, "node_modules/.cache/nats-server");
const READY_MS_MAX = 20_000;

/** Why tests with a NATS server are not run here; undefined: they are, and fail where none can start. */
export function withoutNats(): string | undefined {
  return process.env[OPT_OUT] === undefined ? undefined : `${OPT_OUT} is set`;
}

export interface NatsOptions {
  /** Lines of its configuration beside address, port and, unless they name `jetstream` themselves, JetStream. */
  config?: string;
  /** False: it syncs now and then, as a server does that nobody told otherwise. */
  isSynced?: boolean;
  /** Another program than the one that tests use. */
  program?: string;
  port?: number;
  /** Address that it listens on; 127.0.0.1 unless given. */
  host?: string;
  /** What goes before the program, such as the words that run it on another host. */
  through?: readonly string[];
  /** Where it keeps its data, when that is not in its own folder. */
  store?: string;
}

export class NatsServer {
  /** Its own, with its data. */
  readonly folder = mkdtempSync(join(tmpdir(), "octopus-nats-"));
  readonly #words: readonly string[];
  readonly #options: NatsOptions;
  #child: ChildProcess | undefined;
  /** The newest that it said. */
  #said = "";
  port = 0;

  private constructor(words: readonly string[], options: NatsOptions) {
    this.#words = words;
    this.#options = options;
  }

  /** With JetStream; `words`: further options of the program. */
  static async start(words: readonly string[] = [], options: NatsOptions = {}): Promise<NatsServer> {
    const server = new NatsServer(words, options);
    server.port = options.port ?? (await freePort());
    try {
      await server.up();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  get address(): string {
    return `${this.#host}:${this.port}`;
  }

  get #host(): string {
    return this.#options.host ?? "127.0.0.1";
  }

  get #store(): string {
    return this.#options.store ?? join(this.folder, "data");
  }

  get said(): string {
    return this.#said;
  }

  /** Starts it, for the first time or again with what it holds. */
  async up(): Promise<void> {
    this.launch();
    const child = this.#child!;
    const deadline = performance.now() + READY_MS_MAX;
    while (!/Server is ready/.test(this.#said)) {
      if (child.exitCode !== null || child.signalCode !== null || performance.now() > deadline)
        throw new Error(`nats-server does not start: ${this.#said}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** The same, without waiting for it. */
  launch(): void {
    const { config, program: path = natsProgram(), through = [] } = this.#options;
    const place = ["-a", this.#host, "-p", String(this.port)];
    if (config === undefined) place.push("-js", "-sd", this.#store);
    else place.push("-c", this.#configFile(config));
    const [first, ...words] = [...through, path, ...place, ...this.#words] as [string, ...string[]];
    const child = spawn(first, words, { stdio: ["ignore", "ignore", "pipe"] });
    this.#child = child;
    this.#said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#said = (this.#said + text).slice(-20_000)));
  }

  /** A connection for the test itself. */
  client() {
    return connect({ servers: this.address });
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  }

  /** SIGSTOP halts it, SIGCONT lets it go on. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#child?.kill(signal);
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #configFile(config: string): string {
    const path = join(this.folder, "nats.conf");
    const sync = this.#options.isSynced === false ? "" : ", sync_interval: always";
    const jetStream = `jetstream { store_dir: ${JSON.stringify(this.#store)}${sync} }\n`;
    writeFileSync(path, /^\s*jetstream\b/m.test(config) ? config : jetStream + config);
    return path;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** The program: the one that is named, or one that is fetched once. */
export function natsProgram(): string {
  return process.env[OWN] ?? fetched(CACHE);
}

/** One that a cluster must not use: that of Debian 12. */
export function oldProgram(): string {
  return fetched(`${CACHE}-2.9`, "bookworm");
}

function fetched(folder: string, suite = "trixie"): string {
  const there = join(folder, "usr/sbin/nats-server");
  if (existsSync(there)) return there;
  try {
    const script = join(import.meta.dirname, "fetch.sh");
    return execFileSync("sh", [script, folder, suite], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
  } catch (error) {
    const why = (error as { stderr?: string }).stderr ?? String(error);
    const hint = `${OWN} names a program that is there; ${OPT_OUT}=1 leaves these tests out`;
    throw new Error(`no NATS server can be fetched here: ${why} (${hint})`, { cause: error });
  }
}
