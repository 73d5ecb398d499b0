/** What a command works with: its words, the settings, the server, the output. Settings are read when first asked for. */
import { type Client, type ClientOptions, connect } from "../client/mod.ts";
import type { Loaded } from "../config/load.ts";
import type { CommandSpec } from "./command.ts";
import type { Output } from "./output.ts";

export interface Context {
  readonly spec: CommandSpec;
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly out: Output;
  settings(): Promise<Loaded>;
  /** The server that the settings name; closed when the command ends. */
  client(): Promise<Client>;
  close(): void;
}

export function createContext(
  spec: CommandSpec,
  args: readonly string[],
  options: Record<string, unknown>,
  out: Output,
): Context {
  let loaded: Promise<Loaded> | undefined;
  let client: Promise<Client> | undefined;
  let opened: Client | undefined;
  const settings = (): Promise<Loaded> => (loaded ??= loadSettings(spec, options));
  const open = async (): Promise<Client> => {
    const { url, ...credentials } = await serverOf(await settings());
    return (opened = connect(url, credentials));
  };
  return { spec, args, options, out, settings, client: () => (client ??= open()), close: () => opened?.close() };
}

/** Where the server is, and what it asks for: as the settings say, or as the server on this machine does. */
async function serverOf({ config, origins }: Loaded): Promise<ClientOptions & { url: string }> {
  const { token, fingerprint } = config.access;
  if (origins.get("server.url")?.kind === "default" && token === null) {
    const { readServerFile } = await import("../config/server-file.ts");
    const own = readServerFile(config.data.dir);
    if (own !== undefined) return { url: own.url, token: own.token, fingerprint: own.fingerprint };
  }
  const { url } = config.server;
  return { url, ...(token !== null && { token }), ...(fingerprint !== null && { fingerprint }) };
}

async function loadSettings(spec: CommandSpec, options: Record<string, unknown>): Promise<Loaded> {
  const { loadConfig } = await import("../config/load.ts");
  const flags: Record<string, unknown> = {};
  for (const { flags: words, setting } of spec.options)
    if (setting !== undefined) flags[setting] ??= options[nameOf(words)];
  return loadConfig({ flags, file: options["config"] as string | undefined });
}

/** The name under which the parser keeps an option: `--log-level <level>` is `logLevel`, `--no-demo` is `demo`. */
export function nameOf(flags: string): string {
  const long = /--([a-z][a-z0-9-]*)/.exec(flags)![1]!;
  return long.replace(/^no-/, "").replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
