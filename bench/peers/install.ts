/** Installs the peers' packages beside this file when they are first asked for, by the pins of their package.json. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Unavailable } from "./servers.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const LIMIT_MS = 120_000;

export function ensurePackages(): void {
  if (existsSync(`${HERE}node_modules/.package-lock.json`)) return;
  process.stderr.write("Installing the peers' packages in bench/peers ...\n");
  const args = ["install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"];
  const done = spawnSync("npm", args, { cwd: HERE, encoding: "utf8", timeout: LIMIT_MS });
  if (done.status !== 0)
    throw new Unavailable(`npm install in bench/peers failed: ${(done.stderr ?? String(done.error)).slice(-500)}`);
}
