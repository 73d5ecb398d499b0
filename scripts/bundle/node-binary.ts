/** Node for a platform: that of the pinned `node` package, or from the package of the same version for another platform. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../tool.ts";

export const PLATFORMS = ["linux-x64", "linux-arm64", "darwin-arm64", "darwin-x64", "win-x64"] as const;
export type Platform = (typeof PLATFORMS)[number];

/** What this machine is. */
export function ownPlatform(): string {
  return `${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
}

export function nodeVersion(): string {
  const file = join(root, "node_modules/node/package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

/** The program, and the text of its licence where the package has one. */
export function nodeFor(platform: Platform): { program: Buffer; licence: Buffer | undefined } {
  const file = platform.startsWith("win-") ? "bin/node.exe" : "bin/node";
  const pinned = join(root, "node_modules/node/node_modules", `node-${platform}`);
  if (existsSync(join(pinned, file))) return read(pinned, file);
  const folder = mkdtempSync(join(tmpdir(), "octopus-node-"));
  try {
    const name = `node-${platform}@${nodeVersion()}`;
    const npm = process.platform === "win32" ? "npm.cmd" : "npm";
    execFileSync(npm, ["pack", name, "--silent", "--pack-destination", folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    execFileSync("tar", ["xzf", `node-${platform}-${nodeVersion()}.tgz`], { cwd: folder });
    return read(join(folder, "package"), file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function read(folder: string, file: string): { program: Buffer; licence: Buffer | undefined } {
  const licence = join(folder, "LICENSE");
  return {
    program: readFileSync(join(folder, file)),
    licence: existsSync(licence) ? readFileSync(licence) : undefined,
  };
}
