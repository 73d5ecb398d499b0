/** The paths of the files of a plugin: each stays below its folder, as any system reads it, and none is in the way of another. */
import { OctopusError } from "../base/errors.ts";
import { isLeftOver } from "./names.ts";

const DEPTH_MAX = 32;
const CHARS_MAX = 500;

export function checkPaths(paths: readonly string[]): void {
  const seen = new Set<string>();
  const folders = new Set<string>();
  for (const path of paths) {
    checkPath(path);
    if (seen.has(path)) throw refusal(path, "stands there twice");
    seen.add(path);
    for (let at = path.indexOf("/"); at > 0; at = path.indexOf("/", at + 1)) folders.add(path.slice(0, at));
  }
  const both = paths.find((path) => folders.has(path));
  if (both !== undefined) throw refusal(both, "is a file, and a folder of other files");
}

function checkPath(path: string): void {
  const parts = path.split("/");
  const isOdd = parts.some((part) => part === "" || part === "." || part === ".." || /[\0-\x1f\\:]/.test(part));
  if (isOdd || parts.length > DEPTH_MAX || path.length > CHARS_MAX)
    throw refusal(path, `must be a path below the plugin, with / between at most ${DEPTH_MAX} parts`);
}

/** Refuses what a look at the folder passes over: after the next one the plugin would be another than was uploaded. */
export function checkSeen(paths: readonly string[]): void {
  const hidden = paths.find((path) => path.split("/").some(isLeftOver));
  if (hidden !== undefined)
    throw refusal(
      hidden,
      "is passed over among plugins (names with a dot in front, __pycache__, node_modules, *.tmp and the like): leave it out, or rename it",
    );
}

function refusal(path: string, what: string): OctopusError {
  return new OctopusError("invalid", `the path ${JSON.stringify(path)} of a file ${what}`);
}
