/**
 * Builds the dashboard into web/dist, when its sources have changed. `npm start` runs it, so do the package's build and the
 * tests in a browser.
 *
 * BW1  web/dist is a whole build at any moment: a new one is made beside it and takes its place.
 * BW2  Of several at once one builds; the others wait for it, and find it done.
 * BW3  A build that fails leaves the one before.
 */
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { gzipSync } from "node:zlib";
import { lock } from "./install.mjs";
import { node, root, tool } from "./tool.ts";
import { isWebBuilt, STAMP_FILE, webFolder, webStamp } from "./web-stamp.mjs";

/** Makes sure that web/dist is as the sources are; answers whether there was anything to do. Throws what the build says. */
export async function buildWeb(): Promise<boolean> {
  if (isWebBuilt()) return false;
  const unlock = await lock("web", "builds the dashboard");
  try {
    if (isWebBuilt()) return false;
    await build();
    return true;
  } finally {
    unlock();
  }
}

async function build(): Promise<void> {
  // Taken before: what is changed while it builds is built the next time.
  const stamp = webStamp();
  const fresh = join(root, ".cache", "web");
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  const options = ["--outDir", fresh, "--emptyOutDir", "--logLevel", "error", "--configLoader", "native"];
  const { code, output } = await node([...tool("vite"), "build", join(root, "web"), ...options]);
  if (code !== 0 || !existsSync(join(fresh, "index.html")))
    throw new Error(`The dashboard could not be built:\n${told(output)}`);
  // Quick, and a tenth of the way over a network; the package has them packed better.
  for (const file of textFilesIn(fresh)) writeFileSync(`${file}.gz`, gzipSync(readFileSync(file)));
  writeFileSync(join(fresh, STAMP_FILE), stamp);
  const old = join(root, ".cache", "web-old");
  rmSync(old, { recursive: true, force: true });
  if (existsSync(webFolder)) renameSync(webFolder, old);
  renameSync(fresh, webFolder);
  rmSync(old, { recursive: true, force: true });
}

/** What is smaller travels in one packet anyway. */
const BYTES_MIN = 1024;

/** Files below a folder that are worth packing. */
export function textFilesIn(folder: string): string[] {
  const files = globSync("**/*.{js,css,svg,html}", { cwd: folder }).map((name) => join(folder, name));
  return files.filter((file) => statSync(file).size >= BYTES_MIN);
}

const TOLD_LINES_MAX = 30;

/** What is wrong, for a person: without colours, and without where in the builder it was noticed. */
function told(output: string): string {
  const lines = stripVTControlCharacters(output)
    .split("\n")
    .filter((line) => !/^\s+at .*\d+\)?( \{)?$|^ +errors: \[Getter|^\}$/.test(line));
  const shown = lines.slice(0, TOLD_LINES_MAX).join("\n").trim();
  return lines.length > TOLD_LINES_MAX ? `${shown}\n... and ${lines.length - TOLD_LINES_MAX} more lines` : shown;
}

if (import.meta.main) {
  try {
    const startedAt = performance.now();
    if (await buildWeb())
      process.stderr.write(`The dashboard was built in ${((performance.now() - startedAt) / 1000).toFixed(1)} s.\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
