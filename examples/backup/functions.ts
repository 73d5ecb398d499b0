/** The function of the backup example: compares the restored files with the originals by SHA-256. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FunctionContext } from "@octopus-tasks/octopus/worker";

/** The tables. In the published package the compiled function lies in dist/examples/backup, the data do not. */
const DATA = [join(import.meta.dirname, "data"), join(import.meta.dirname, "../../../examples/backup/data")].find(
  existsSync,
)!;

export async function compareFolders(
  input: { work: string },
  context: FunctionContext,
): Promise<Record<string, string>> {
  const scratch = join(input.work, context.task.run ?? "alone");
  const original = await hashes(DATA);
  const restored = await hashes(join(scratch, "restored"));
  if (JSON.stringify(original) !== JSON.stringify(restored)) {
    throw new Error(`the restored files differ: ${JSON.stringify(restored)}, not ${JSON.stringify(original)}`);
  }
  const lines = Object.entries(original).map(([file, hash]) => `${hash}  ${file}\n`);
  const part = join(scratch, `hashes.txt.${process.pid}.part`);
  await writeFile(part, lines.join(""));
  await rename(part, join(scratch, "hashes.txt"));
  context.log(lines.join("").trimEnd());
  return original;
}

async function hashes(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const file of (await readdir(folder)).filter((name) => name.endsWith(".tab")).toSorted()) {
    found[file] = createHash("sha256")
      .update(await readFile(join(folder, file)))
      .digest("hex");
  }
  return found;
}
