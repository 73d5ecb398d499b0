/** Starts programs for the scripts: development tools by their package name, Node files, with their output captured. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The repository's root folder. */
export const root = join(import.meta.dirname, "..");

const nodeOptions = process.env["NODE_OPTIONS"];

/**
 * For the environment of processes that tests start, also of those that get nothing else of ours: to find, strip and compile
 * the source is most of the start of a test file and of a server. Node keeps what it has compiled here, and its options may
 * name the source joined (`joined-source.ts`).
 */
export const quickStart = {
  NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] ?? join(root, "node_modules/.cache/octopus-node"),
  ...(nodeOptions !== undefined && { NODE_OPTIONS: nodeOptions }),
};

export interface Done {
  /** Exit code; absent when a signal ended it. */
  code: number | null;
  /** What it wrote to both streams, in order of arrival. */
  output: string;
}

/** Arguments for Node that run a development tool, whatever the system calls its launcher. */
export function tool(packageName: string, command = packageName): string[] {
  const folder = join(root, "node_modules", packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    bin: string | Record<string, string>;
  };
  const file = typeof bin === "string" ? bin : bin[command];
  if (file === undefined) throw new Error(`${packageName} has no command ${command}.`);
  return [join(folder, file)];
}

/**
 * For the compiler: by default four checkers look at parts of the program side by side, and each works out for itself what
 * they share. With two checks at a time on two cores that costs twice the time.
 */
export const oneChecker = ["--checkers", "1"] as const;

/** Runs Node with these arguments in the repository's root, and resolves when it has ended. */
export function node(args: readonly string[], onText?: (text: string) => void): Promise<Done> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        onText?.(text);
      });
    }
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
}
