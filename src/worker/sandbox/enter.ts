/** A command's own folders as its sandbox needs them, and what is started instead of it. */
import { cpSync, mkdirSync, rmSync } from "node:fs";
import type { SandboxWish } from "../../protocol/work/sandbox-parts.ts";
import type { Folder } from "../file-folders.ts";
import { handOver } from "./hand-over.ts";
import type { SystemUser } from "./users.ts";
import { type NotWrapped, wrapArgv } from "./wrap.ts";

export interface Kept {
  argv: string[];
  env: Record<string, string>;
  /** It has ended: removes what was made for it alone. */
  leave(): void;
}

interface Command {
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  folder: Folder | undefined;
}

export async function enterSandbox(command: Command, sandbox: SandboxWish): Promise<Kept | NotWrapped> {
  const { argv, folder } = command;
  if (folder === undefined) return { problem: "no folder for its files could be made, which a sandbox needs" };
  const { path, output } = folder;
  const [tmp, copies] = [`${path}.tmp`, `${path}.inputs`];
  const leave = (): void => {
    for (const each of [tmp, copies]) rmSync(each, { recursive: true, force: true });
  };
  try {
    mkdirSync(tmp, { mode: 0o700 });
    const wrapped = await wrapArgv(argv, sandbox, { env: command.env, write: [path, output, tmp], tmp });
    if (!("problem" in wrapped)) {
      const { env, user } = wrapped;
      const problem = user && giveFiles(user, [path, output, tmp], env, copies);
      if (problem === undefined) return { argv: wrapped.argv, env, leave };
      leave();
      return { problem };
    }
    leave();
    return wrapped;
  } catch (error) {
    leave();
    return { problem: `its folders could not be made: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Files of other tasks lie where only the worker's own user gets to; another one has copies. */
function giveFiles(user: SystemUser, own: string[], env: Record<string, string>, copies: string): string | undefined {
  const inputs = env["OCTOPUS_INPUTS"];
  if (inputs === undefined) return handOver(own, user);
  cpSync(inputs, copies, { recursive: true });
  env["OCTOPUS_INPUTS"] = copies;
  return handOver([...own, copies], user);
}
