/**
 * The package as users get it: made by `npm pack`, installed in an empty folder. Made once for all the stages that need it;
 * what they run says where it lies by OCTOPUS_TEST_PACKAGE.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "./tool.ts";

const execute = promisify(execFile);
const PLACE = "OCTOPUS_TEST_PACKAGE";

export interface Packed {
  /** Folder in whose node_modules it is. */
  home: string;
  /** The program. */
  bin: string;
  /** Removes what was made for it. */
  remove(): void;
}

/** The package that was made before, or a new one. */
export async function packedPackage(): Promise<Packed> {
  const given = process.env[PLACE];
  if (given !== undefined) return { home: given, bin: binOf(given), remove: () => {} };
  const folder = mkdtempSync(join(tmpdir(), "octopus-pack-"));
  const home = join(folder, "home");
  const { stdout } = await npm(root, "pack", "--json", "--pack-destination", folder);
  // What the build prints comes first.
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf("[\n"))) as [{ filename: string }];
  mkdirSync(home);
  writeFileSync(join(home, "package.json"), JSON.stringify({ private: true }));
  await npm(home, "install", join(folder, filename));
  return { home, bin: binOf(home), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Runs everything after this with that package. */
export function usePackage({ home, bin }: Packed): void {
  Object.assign(process.env, { [PLACE]: home, OCTOPUS_E2E_BIN: bin });
}

function binOf(home: string): string {
  const { name } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { name: string };
  return join(home, "node_modules", name, "dist", "cli", "main.js");
}

/** Runs npm with its output captured, quietly. */
export function npm(cwd: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const quiet = ["--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  return execute("npm", [...args, ...quiet], { cwd, maxBuffer: 32 * 1024 * 1024, shell: process.platform === "win32" });
}
