/**
 * Which folders of this machine a module is given. Whoever may submit tasks may read and write what it has, so nothing is
 * allowed that the worker's settings do not name.
 */
import { realpath, stat } from "node:fs/promises";
import { isAbsolute, normalize, posix, sep } from "node:path";
import { OctopusError } from "../../base/errors.ts";
import type { GivenFolder } from "./folders.ts";

export interface AllowedDir {
  folder: string;
  readOnly: boolean;
}

/** Where a module finds what belongs to its attempt. */
export const OWN_FOLDER = "/octopus";

/** Reads `/data` or `/data:ro`. */
export function parseAllowedDirs(dirs: readonly string[]): AllowedDir[] {
  return dirs.map((text) => {
    const { path, readOnly } = parseDir(text);
    const folder = path.replace(/(.)\/$/, "$1");
    if (isAbsolute(folder) && normalize(folder) === folder) return { folder, readOnly };
    const form = "absolute paths of folders without . and .., such as /data, or /data:ro to read only";
    throw new OctopusError("invalid", `worker.wasm.dirs must be ${form}, not ${JSON.stringify(text)}`);
  });
}

function parseDir(text: string): AllowedDir & { path: string } {
  const readOnly = text.endsWith(":ro");
  const path = readOnly ? text.slice(0, -":ro".length) : text;
  return { path, folder: path, readOnly };
}

/** The folders that a task asks for, or what is wrong with one of them, in words. */
export async function givenDirs(
  dirs: Readonly<Record<string, string>>,
  allowed: readonly AllowedDir[],
): Promise<GivenFolder[] | string> {
  const given: GivenFolder[] = [];
  for (const [at, text] of Object.entries(dirs)) {
    const { path, readOnly } = parseDir(text);
    const place = posix.normalize(at).replace(/(.)\/$/, "$1");
    if (at.split("/").includes("..")) return `dirs: ${at} has .. in it; name the path itself`;
    if (place === OWN_FOLDER || place.startsWith(`${OWN_FOLDER}/`))
      return `dirs: ${at} stands where the files of the attempt are (${OWN_FOLDER}); choose another path`;
    if (given.some((other) => other.at === place))
      return `dirs: two folders stand at ${place}; choose another path for one`;
    const host = await hostOf(path, readOnly, allowed);
    if ("problem" in host) return `dirs: ${at}: ${host.problem}`;
    given.push({ at: place, host: host.real, readOnly });
  }
  return given;
}

async function hostOf(
  path: string,
  readOnly: boolean,
  allowed: readonly AllowedDir[],
): Promise<{ real: string } | { problem: string }> {
  const real = await realpath(path).catch(() => undefined);
  const roots = await Promise.all(
    allowed.map(async (each) => ({ ...each, root: await realpath(each.folder).catch(() => each.folder) })),
  );
  // What is not allowed is not said to be there or not: that is nobody's business.
  const fitting = roots.filter(({ root, folder }) =>
    isInside(real ?? normalize(path), real === undefined ? folder : root),
  );
  if (fitting.length === 0)
    return { problem: `${path} is not allowed on this worker, which allows ${allowedText(allowed)}` };
  if (real === undefined || !(await stat(real)).isDirectory())
    return { problem: `${path} is no folder on this worker; make it, or name another one` };
  if (!readOnly && fitting.every((each) => each.readOnly))
    return { problem: `${path} may only be read on this worker; put :ro behind it` };
  return { real };
}

function allowedText(allowed: readonly AllowedDir[]): string {
  if (allowed.length === 0) return "no folder (worker.wasm.dirs)";
  return `${allowed.map(({ folder, readOnly }) => (readOnly ? `${folder} to read` : folder)).join(", ")} (worker.wasm.dirs)`;
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
