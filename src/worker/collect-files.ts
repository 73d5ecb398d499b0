/**
 * Hands over what a command left in its folder: regular files, whatever their names. Links and special files are not
 * followed, and no more is taken than an attempt may leave; what stays behind is told of in its log.
 */
import { isUtf8 } from "node:buffer";
import { opendir } from "node:fs/promises";
import { sep } from "node:path";
import type { AttemptContext } from "./executor.ts";

/** Folders looked into: a tree without end must not hold the attempt. */
const FOLDERS_MAX = 10_000;
/** Files named one by one in the log; the rest is counted. */
const NAMED_MAX = 10;

export async function collectFiles(root: string, context: AttemptContext): Promise<void> {
  const left: string[] = [];
  const folders: { path: Buffer; name: string }[] = [{ path: Buffer.from(root), name: "" }];
  let looked = 0;
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    if (++looked > FOLDERS_MAX) {
      left.push(`${next.name}: in more than ${FOLDERS_MAX} folders`);
      break;
    }
    const folder = await opendir(next.path, { encoding: "buffer" as BufferEncoding });
    for await (const entry of folder) {
      const raw = entry.name as unknown as Buffer;
      const path = Buffer.concat([next.path, Buffer.from(sep), raw]);
      const name = next.name === "" ? nameOf(raw) : `${next.name}/${nameOf(raw)}`;
      if (entry.isDirectory()) folders.push({ path, name });
      else if (!entry.isFile()) left.push(`${name}: a link or special file`);
      else {
        const fault = await keep(context, name, path);
        if (fault !== undefined) left.push(`${name}: ${fault}`);
      }
    }
  }
  if (left.length === 0) return;
  const named = left.slice(0, NAMED_MAX).join("; ");
  const more = left.length > NAMED_MAX ? `; and ${left.length - NAMED_MAX} more` : "";
  context.log("log", `not kept of the files in OCTOPUS_ARTIFACTS: ${named}${more}\n`);
}

async function keep(context: AttemptContext, name: string, file: Buffer): Promise<string | undefined> {
  try {
    await context.keepFile!(name, { file });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Bytes that are no text are written as `\xNN`, and so is what would look like that. */
function nameOf(raw: Buffer): string {
  if (isUtf8(raw)) return raw.toString();
  return raw.toString("latin1").replace(/[\x80-\xff\\]/g, (char) => `\\x${char.charCodeAt(0).toString(16)}`);
}
