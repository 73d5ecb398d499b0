/** What a command works with: its words, the settings, the server, the output. Settings are read when first asked for. */
import { inNamespace, namespaceOfUrl, withoutNamespace } from "../base/namespace-url.ts";
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
  /** The same server in `default`, whichever namespace is chosen. */
  mainClient(): Promise<Client>;
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
  const opened: Client[] = [];
  const settings = (): Promise<Loaded> => (loaded ??= loadSettings(spec, options));
  const open = async (isMain: boolean): Promise<Client> => {
    const loaded = await settings();
    const { url, ...credentials } = await serverOf(loaded, isMain);
    const namespace = namespaceOfUrl(url);
    const isTyped = ["namespace", "server.url"].some((key) => loaded.origins.get(key)?.kind === "flag");
    if (namespace !== undefined && isTyped && !isMain) out.within(namespace);
    const made = connect(isMain ? withoutNamespace(url) : url, credentials);
    opened.push(made);
    return made;
  };
  return {
    ...{ spec, args, options, out, settings },
    client: () => (client ??= open(false)),
    mainClient: () => open(true),
    close: () => opened.forEach((one) => one.close()),
  };
}

/** Where the server is, and what it asks for: as the settings say, or as the server on this machine does. */
async function serverOf({ config, origins }: Loaded, isMain: boolean): Promise<ClientOptions & { url: string }> {
  const namespace = isMain ? null : config.namespace;
  const { token, fingerprint } = config.access;
  const within = (url: string): string => inNamespace(url, namespace, origins.get("namespace")?.where);
  if (origins.get("server.url")?.kind === "default" && token === null) {
    const { readServerFile } = await import("../config/server-file.ts");
    const own = readServerFile(config.data.dir);
    if (own !== undefined) return { url: within(own.url), token: own.token, fingerprint: own.fingerprint };
  }
  const url = within(config.server.url);
  return { url, ...(token !== null && { token }), ...(fingerprint !== null && { fingerprint }) };
}

async function loadSettings(spec: CommandSpec, options: Record<string, unknown>): Promise<Loaded> {
  const { loadConfig } = await import("../config/load.ts");
  const flags: Record<string, unknown> = {};
  const flagNames: Record<string, string> = {};
  for (const { flags: words, setting } of spec.options) {
    const value = options[nameOf(words)];
    if (setting === undefined || value === undefined || flags[setting] !== undefined) continue;
    flags[setting] = value;
    flagNames[setting] = longOf(words);
  }
  return loadConfig({ flags, flagNames, file: options["config"] as string | undefined });
}

/** `--port` of `-p, --port <number>`. */
function longOf(flags: string): string {
  return /--[a-z][a-z0-9-]*/.exec(flags)![0];
}

/** The name under which the parser keeps an option: `--log-level <level>` is `logLevel`, `--no-demo` is `demo`. */
export function nameOf(flags: string): string {
  return longOf(flags)
    .replace(/^--(no-)?/, "")
    .replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
