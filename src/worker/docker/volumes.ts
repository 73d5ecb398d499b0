/**
 * Which folders of this machine a container may use. Whoever may submit tasks may read and write what is mounted, so
 * nothing is allowed that the worker's settings do not name.
 *
 * VO1  What is mounted is the real path, after all links, and lies in a folder that is allowed.
 * VO2  A socket of a container engine is its whole machine: neither it nor a folder that holds it is mounted, unless the
 *      settings name just that.
 */
import { realpath, stat } from "node:fs/promises";
import { isAbsolute, normalize, posix, sep } from "node:path";
import { OctopusError } from "../../base/errors.ts";

export interface AllowedFolder {
  /** As the settings say it. */
  folder: string;
  readOnly: boolean;
}

export interface Mount {
  Type: "bind" | "volume";
  Source: string;
  Target: string;
  ReadOnly: boolean;
}

/** Beside the one that is in use. */
const ENGINE_SOCKETS = ["/var/run/docker.sock", "/run/podman/podman.sock", "/run/containerd/containerd.sock"];
/** Where the container finds the files of its attempt. */
export const OWN_FOLDER = "/octopus";

/** Reads `/data` or `/data:ro`. */
export function parseAllowed(volumes: readonly string[]): AllowedFolder[] {
  return volumes.map((text) => {
    const readOnly = text.endsWith(":ro");
    const folder = readOnly ? text.slice(0, -":ro".length) : text.replace(/:rw$/, "");
    if (isAbsolute(folder) && normalize(folder) === folder.replace(/(.)\/$/, "$1"))
      return { folder: folder.replace(/(.)\/$/, "$1"), readOnly };
    const form = "absolute paths of folders without . and .., such as /data, or /data:ro to read only";
    throw new OctopusError("invalid", `worker.docker.volumes must be ${form}, not ${JSON.stringify(text)}`);
  });
}

export interface VolumeRules {
  allowed: readonly AllowedFolder[];
  /** The engine is on this machine. */
  isLocal: boolean;
  /** Its socket. */
  socketPath?: string | undefined;
}

/** The mounts that a task asks for, or what is wrong with one of them, in words. */
export async function mountsOf(volumes: readonly string[], rules: VolumeRules): Promise<Mount[] | string> {
  const mounts: Mount[] = [];
  for (const volume of volumes) {
    const [source = "", path = "", mode] = volume.split(":");
    const target = posix.normalize(path).replace(/(.)\/$/, "$1");
    if (path.split("/").includes(".."))
      return `the volume ${volume} has .. in its path in the container; name the path itself`;
    if (target === "/") return `the volume ${volume} would be all of the container; name a folder in it`;
    if (target === OWN_FOLDER || target.startsWith(`${OWN_FOLDER}/`))
      return `the volume ${volume} stands where Octopus keeps the files of the attempt (${OWN_FOLDER}); choose another path`;
    if (mounts.some((other) => other.Target === target))
      return `two volumes stand at ${target} in the container; choose another path for ${volume}`;
    const mount: Mount = { Type: "volume", Source: source, Target: target, ReadOnly: mode === "ro" };
    if (source.startsWith("/")) {
      const folder = await folderOf(source, mount.ReadOnly, rules);
      if (typeof folder === "string") return `the volume ${volume} cannot be used: ${folder}`;
      mount.Type = "bind";
      mount.Source = folder.real;
    }
    mounts.push(mount);
  }
  return mounts;
}

async function folderOf(source: string, readOnly: boolean, rules: VolumeRules): Promise<{ real: string } | string> {
  if (!rules.isLocal)
    return "the engine of this worker is on another machine, whose folders nobody here can check; use a named volume";
  if (source.split("/").includes("..")) return "its path has .. in it; name the folder itself";
  const real = await realpath(source).catch(() => undefined);
  const roots = await Promise.all(rules.allowed.map(async (each) => ({ ...each, root: await rootOf(each.folder) })));
  const fitting = roots.filter(({ root }) => real !== undefined && isWithin(real, root));
  // What is not allowed is not said to be there or not: that is nobody's business.
  if (fitting.length === 0) {
    if (real === undefined && rules.allowed.some(({ folder }) => isWithin(normalize(source), folder)))
      return `there is no ${source} on this worker; make it, or name one that is there`;
    return `${source} is not allowed on this worker, which allows ${allowedText(rules.allowed)}`;
  }
  if (!readOnly && fitting.every((each) => each.readOnly))
    return `it may only be read on this worker; put :ro behind it, or ask for write access in worker.docker.volumes`;
  const danger = await dangerOf(real!, rules);
  if (danger !== undefined) return `${danger}; name just that path in worker.docker.volumes if you want that`;
  return { real: real! };
}

function allowedText(allowed: readonly AllowedFolder[]): string {
  if (allowed.length === 0) return "no folder of its machine (worker.docker.volumes)";
  const shown = allowed.map(({ folder, readOnly }) => (readOnly ? `${folder} (to read)` : folder));
  return `${shown.join(", ")} (worker.docker.volumes)`;
}

/** What a socket there, or an engine's socket below, would give away; undefined when the settings name just that path. */
async function dangerOf(real: string, { allowed, socketPath }: VolumeRules): Promise<string | undefined> {
  const named = await Promise.all(allowed.map(({ folder }) => rootOf(folder)));
  for (const socket of socketPath === undefined ? ENGINE_SOCKETS : [socketPath, ...ENGINE_SOCKETS]) {
    const there = await rootOf(socket);
    if (isWithin(there, real) && !named.includes(there))
      return `it gives away the container engine (${socket}), and with it the machine`;
  }
  if ((await stat(real)).isSocket() && !named.includes(real))
    return "it is a socket, and whoever listens there may do anything";
  return undefined;
}

async function rootOf(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
