/**
 * Backups with namespaces: a file for `default`, and beside it a folder `FILE.namespaces` with one for each of the others. A
 * backup of a server without any is one file.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { OctopusError } from "../base/errors.ts";
import { namespaceNameFault } from "../protocol/namespace-name.ts";

const ENDING = ".db";

interface Copied {
  path: string;
  bytes: number;
}

interface CopiedAll extends Copied {
  /** Those that are beside it; absent: there are none. */
  namespaces?: string[];
  /** Those that this server holds no copy of, or cannot read: they are not in it. */
  missing?: string[];
}

/** A database that can be copied while it is used. */
export interface Copyable {
  name: string;
  backup(path: string): Promise<Copied>;
}

export function copyable(name: string, { store }: { store: Omit<Copyable, "name"> }): Copyable {
  return { name, backup: (path) => store.backup(path) };
}

function folderBeside(path: string): string {
  return `${path}.namespaces`;
}

/** Whole or not at all. */
export async function backUpAll(
  path: string,
  main: Omit<Copyable, "name">,
  others: readonly Copyable[],
  missing: readonly string[] = [],
): Promise<CopiedAll> {
  const folder = folderBeside(path);
  if (others.length > 0 && existsSync(folder))
    throw new OctopusError("conflict", `${folder} exists already; a backup never overwrites a file`);
  const own = await main.backup(path);
  let { bytes } = own;
  try {
    if (others.length > 0) mkdirSync(folder, { mode: 0o700 });
    for (const one of others) bytes += (await one.backup(join(folder, one.name + ENDING))).bytes;
  } catch (error) {
    rmSync(path, { force: true });
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    path,
    bytes,
    ...(others.length > 0 && { namespaces: others.map(({ name }) => name) }),
    ...(missing.length > 0 && { missing: [...missing] }),
  };
}

/** The copies of namespaces that lie beside a backup. */
export function backupsBeside(path: string): { name: string; path: string }[] {
  const folder = folderBeside(path);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((file) => {
    const name = file.slice(0, -ENDING.length);
    return file.endsWith(ENDING) && namespaceNameFault(name) === undefined ? [{ name, path: join(folder, file) }] : [];
  });
}
