/** Steps of Dagu that run in a container or on another machine. */
import type { Json } from "../base/words.ts";
import type { StepContext } from "./dagu-command.ts";
import { literal } from "./draft.ts";
import { isMapping, type Mapping, textOf } from "./source.ts";

/** Words that need no shell to be told apart. */
const PLAIN_WORDS = /^[\w@%+=:,./-]+( [\w@%+=:,./-]+)*$/;
const PULLS: Readonly<Record<string, string>> = {
  missing: "missing",
  always: "always",
  never: "never",
  true: "always",
  false: "never",
};

/** Turns the command that `made` has into one for a container. */
export function toContainer(config: Mapping, made: Mapping, { lose }: StepContext): void {
  const image = textOf(config["image"]);
  if (image === undefined) {
    lose("executor", "docker without an image: a container that runs already has no counterpart");
    made["shell"] = "false";
    return;
  }
  const command = commandOf(made);
  const { container, host } = config;
  const env = isMapping(container) ? envOf(container["env"]) : {};
  const binds = isMapping(host) ? host["binds"] : undefined;
  const cwd = isMapping(container) ? textOf(container["workingDir"]) : undefined;
  const pull = PULLS[textOf(config["pull"]) ?? ""];
  const docker: Mapping = { image: literal(image) };
  if (command !== "") docker["command"] = PLAIN_WORDS.test(command) ? command.split(" ") : command;
  if (cwd !== undefined) docker["cwd"] = cwd;
  if (Array.isArray(binds) && binds.length > 0) docker["volumes"] = binds;
  if (pull !== undefined && pull !== "missing") docker["pull"] = pull;
  const all = { ...env, ...(made["env"] as Mapping | undefined) };
  if (Object.keys(all).length > 0) made["env"] = all;
  delete made["shell"];
  // The folder of the step is one of the machine there, too.
  delete made["cwd"];
  made["docker"] = docker;
}

/** Turns it into one for the executor of examples/executors/ssh.ts. */
export function toSsh(config: Mapping, made: Mapping, { lose }: StepContext): void {
  const host = textOf(config["host"]) ?? textOf(config["ip"]);
  if (host === undefined) {
    lose("executor", "ssh without a host");
    made["shell"] = "false";
    return;
  }
  lose("executor", "ssh: start a worker with --executors examples/executors/ssh.ts");
  const port = Number(textOf(config["port"]) ?? 22);
  const [user, key] = [textOf(config["user"]), textOf(config["key"])];
  made["uses"] = "ssh";
  made["with"] = {
    host,
    ...(user !== undefined && { user }),
    ...(port !== 22 && { port }),
    ...(key?.startsWith("/") === true && { identity: key }),
    command: commandOf(made),
    ...(made["env"] !== undefined && { env: made["env"] }),
  };
  for (const name of ["shell", "env", "cwd"]) delete made[name];
  if (made["outputs"] === undefined) return;
  lose("output", "of a command on another machine: it stands in the log of the task");
  delete made["outputs"];
}

function commandOf({ shell }: Mapping): string {
  return textOf(isMapping(shell) ? shell["command"] : shell) ?? "";
}

/** `KEY=value` in a list, as engines take it. */
function envOf(env: Json | undefined): Mapping {
  if (!Array.isArray(env)) return isMapping(env) ? env : {};
  return Object.fromEntries(
    env.flatMap((one) => {
      const text = textOf(one) ?? "";
      const at = text.indexOf("=");
      return at > 0 ? [[text.slice(0, at), literal(text.slice(at + 1))]] : [];
    }),
  );
}
