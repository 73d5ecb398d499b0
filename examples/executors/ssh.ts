/**
 * Runs commands on other machines through the `ssh` of this one: `uses: ssh`, `with: {host, command, …}`.
 *
 * Whoever may submit tasks may log in wherever the keys of this worker's user lead. Keys, jump hosts and the like are for
 * `~/.ssh/config`; a host that is not known there is refused, and nothing ever asks for a password.
 */
import { type CustomExecutor, FatalError } from "@octopus-tasks/octopus";

interface Given {
  host: string;
  command: string;
  user?: string;
  port?: number;
  env?: Record<string, string>;
  stdin?: string;
  /** File with the private key. */
  identity?: string;
  /** File with the keys of hosts, in place of the user's own. */
  knownHosts?: string;
}

const NAME = "^[A-Za-z0-9_][A-Za-z0-9_.:-]*$";
const FILE = { type: "string", pattern: "^/" };

export const executor: CustomExecutor<Given> = {
  name: "ssh",
  schema: {
    type: "object",
    required: ["host", "command"],
    additionalProperties: false,
    properties: {
      host: { type: "string", pattern: NAME },
      command: { type: "string", minLength: 1 },
      user: { type: "string", pattern: NAME },
      port: { type: "integer", minimum: 1, maximum: 65535 },
      env: {
        type: "object",
        propertyNames: { pattern: "^[A-Za-z_][A-Za-z0-9_]*$" },
        additionalProperties: { type: "string" },
      },
      stdin: { type: "string" },
      identity: FILE,
      knownHosts: FILE,
    },
  },
  async execute(context, { host, command, user, port, env = {}, stdin, identity, knownHosts }) {
    const target = user === undefined ? host : `${user}@${host}`;
    const remote = script(command, { ...env, ...context.env });
    const end = await context.run({
      argv: ["ssh", "-T", ...options({ port, identity, knownHosts }), "--", target, remote],
      ...(stdin !== undefined && { stdin }),
    });
    // 255 is what ssh itself says: nothing is known of the command then.
    if (end.code !== 255 || context.signal.aborted) return end;
    if (/Host key verification failed|Permission denied/.test(end.problem ?? ""))
      throw new FatalError(`${host}: ${end.problem}`);
    throw new Error(`${host}: ${end.problem}`);
  },
};

type Way = { [K in "port" | "identity" | "knownHosts"]: Given[K] | undefined };

function options({ port, identity, knownHosts }: Way): string[] {
  // A connection that others share would outlive this attempt, and end with the attempt that opened it.
  const set = ["BatchMode=yes", "ControlMaster=no", "ControlPath=none", "ConnectTimeout=10", "ForwardAgent=no"];
  set.push("ServerAliveInterval=10", "ServerAliveCountMax=3");
  if (knownHosts !== undefined) set.push(`UserKnownHostsFile=${knownHosts}`, "GlobalKnownHostsFile=/dev/null");
  const args = set.flatMap((one) => ["-o", one]);
  if (port !== undefined) args.push("-p", String(port));
  if (identity !== undefined) args.push("-i", identity, "-o", "IdentitiesOnly=yes");
  return args;
}

/**
 * What the shell over there runs. The end of ssh here says nothing to a command there: so the command leads a session of its
 * own, and whoever watches beside it ends that session when the connection is gone.
 */
function script(command: string, env: Record<string, string>): string {
  const exports = Object.entries(env).map(([name, value]) => `export ${name}=${quoted(value)}`);
  return [
    ...exports,
    "exec 3<&0",
    `setsid sh -c ${quoted(command)} <&3 3<&- &`,
    "p=$!",
    "exec 3<&-",
    "(while kill -0 $PPID && kill -0 $p; do sleep 1; done",
    "kill -0 $p && { kill -TERM -- -$p; sleep 5; kill -KILL -- -$p; }) </dev/null >/dev/null 2>&1 &",
    "wait $p",
  ].join("\n");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
