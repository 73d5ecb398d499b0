/** The output of attempts from before a cluster began: a copy of the log database that every new replica takes over once. */
import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { outputPrefix } from "../../cluster/output.ts";
import type { Objects } from "../../cluster/ports.ts";

export function outputObject(shard: string): string {
  return `${outputPrefix(shard)}base`;
}

/** To be called before the directory is opened; it does nothing for one that has output of its own. */
export async function takeOldOutput(dir: string, shard: string, objects: Objects): Promise<void> {
  const file = join(dir, "logs.db");
  if (existsSync(file)) return;
  const chunks = await objects.get(outputObject(shard));
  if (chunks === undefined) return;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const incoming = `${file}.incoming`;
  rmSync(incoming, { force: true });
  await pipeline(chunks, createWriteStream(incoming, { mode: 0o600 }));
  renameSync(incoming, file);
}
