/**
 * The folders that a module was given, and nothing else of the machine. Node's WASI looks after paths as well, and says of
 * itself that it is no sandbox for files; so every path is looked at here before it gets there.
 *
 * WF1  A path leads, after all links, into the folder that it began in; else the call is refused.
 * WF2  Nothing below a folder that is to be read is written, made, moved, removed or given another time; and no name outside
 *      it is made for a file inside it.
 * WF3  Only files and folders are opened: a pipe or a device would hold the thread where nothing can end it.
 * WF4  Of the folder for outputs only the one file in it is in reach.
 *
 * Between the look and the call somebody else may change a folder: whoever may write to it beside the module must be trusted.
 */
import { lstatSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, posix, resolve, sep } from "node:path";
import { ERRNO, type WasiCall, type WasiCalls } from "./calls.ts";
import type { ModuleMemory } from "./memory.ts";

export interface GivenFolder {
  /** Where the module finds it. */
  at: string;
  /** On this machine, after all links. */
  host: string;
  readOnly: boolean;
  /** The only file in it that may be used. */
  only?: string;
}

interface Opened {
  /** Of the folder that it began in. */
  root: string;
  host: string;
  at: string;
  readOnly: boolean;
  only: string | undefined;
}

const FIRST_FD = 3;
const FOLLOW = 1;
const CREATE_OR_TRUNCATE = 1 | 8;
/** Rights to change content: data, space, size. */
const WRITES = bits(6, 8, 22);
/** Rights to change anything; the first is taken for a wish to write. */
const CHANGES = WRITES | bits(0, 9, 10, 11, 12, 16, 17, 19, 20, 23, 24, 25, 26);

export class FolderGuard {
  readonly #calls: WasiCalls;
  readonly #memory: ModuleMemory;
  readonly #refused: (what: string) => void;
  readonly #open = new Map<number, Opened>();

  /** `refused` hears of what it tried in vain, in words. */
  constructor(
    calls: WasiCalls,
    memory: ModuleMemory,
    folders: readonly GivenFolder[],
    refused: (what: string) => void,
  ) {
    this.#calls = calls;
    this.#memory = memory;
    this.#refused = refused;
    for (const [i, { host, at, readOnly, only }] of folders.entries())
      this.#open.set(FIRST_FD + i, { root: host, host, at, readOnly, only });
  }

  calls(): WasiCalls {
    const calls = this.#calls;
    const own: WasiCalls = {};
    for (const name of ["fd_allocate", "fd_filestat_set_size", "fd_filestat_set_times", "fd_pwrite", "fd_write"])
      own[name] = (...args) => (this.#at(args[0])?.readOnly === true ? ERRNO.rofs : calls[name]!(...args));
    for (const name of ["path_create_directory", "path_remove_directory", "path_unlink_file"])
      own[name] = (...args) => this.#check(args, 0, 1, { changes: true }) || calls[name]!(...args);
    own["path_readlink"] = (...args) => this.#check(args, 0, 1, {}) || calls["path_readlink"]!(...args);
    own["path_filestat_get"] = (...args) =>
      this.#check(args, 0, 2, { follows: isFollowing(args[1]) }) || calls["path_filestat_get"]!(...args);
    own["path_filestat_set_times"] = (...args) =>
      this.#check(args, 0, 2, { changes: true, follows: isFollowing(args[1]) }) ||
      calls["path_filestat_set_times"]!(...args);
    // A second name for a file that is to be read could be written through.
    own["path_link"] = (...args) =>
      this.#check(args, 0, 2, { changes: true, follows: isFollowing(args[1]) }) ||
      this.#check(args, 4, 5, { changes: true }) ||
      calls["path_link"]!(...args);
    own["path_rename"] = (...args) =>
      this.#check(args, 0, 1, { changes: true }) ||
      this.#check(args, 3, 4, { changes: true }) ||
      calls["path_rename"]!(...args);
    own["path_symlink"] = (...args) =>
      this.#check(args, 2, 3, { changes: true }) || this.#checkTarget(args) || calls["path_symlink"]!(...args);
    own["path_open"] = (...args) => this.#pathOpen(args);
    own["fd_close"] = (fd) => {
      const answer = calls["fd_close"]!(fd);
      if (answer === ERRNO.success) this.#open.delete(Number(fd));
      return answer;
    };
    own["fd_renumber"] = (from, to) => {
      const answer = calls["fd_renumber"]!(from, to);
      if (answer !== ERRNO.success) return answer;
      const moved = this.#open.get(Number(from));
      this.#open.delete(Number(from));
      this.#open.delete(Number(to));
      if (moved !== undefined) this.#open.set(Number(to), moved);
      return answer;
    };
    return { ...calls, ...own };
  }

  #at(fd: number | bigint | undefined): Opened | undefined {
    return this.#open.get(Number(fd));
  }

  #pathOpen(args: Parameters<WasiCall>): number {
    const [fd, flags, at, length, create, base, inheriting, how, result] = args;
    const folder = this.#at(fd);
    const rights = BigInt.asUintN(64, BigInt(base!));
    const changes = (Number(create) & CREATE_OR_TRUNCATE) !== 0 || (rights & WRITES) !== 0n;
    const refusal = this.#check(args, 0, 2, { changes, follows: isFollowing(flags), opens: true });
    if (refusal !== ERRNO.success) return refusal;
    const left = folder?.readOnly === true ? ~CHANGES : ~0n;
    const mask = (asked: number | bigint): bigint => BigInt.asIntN(64, BigInt(asked) & left);
    const answer = this.#calls["path_open"]!(
      ...[fd!, flags!, at!, length!, create!],
      ...[mask(base!), mask(inheriting!), how!, result!],
    );
    if (answer !== ERRNO.success || folder === undefined) return answer;
    const path = this.#memory.text(Number(at), Number(length));
    const opened = this.#memory.view().getUint32(Number(result) >>> 0, true);
    const host = realOf(resolve(folder.host, path)) ?? resolve(folder.host, path);
    this.#open.set(opened, { ...folder, host, at: posix.join(folder.at, path) });
    return answer;
  }

  /** Looks at the path at `args[path]`, of the folder `args[fd]`. */
  #check(args: Parameters<WasiCall>, fd: number, path: number, how: How): number {
    const folder = this.#at(args[fd]);
    // Not one of those that it was given: then it is no folder, and the call says so.
    if (folder === undefined) return ERRNO.success;
    const text = this.#memory.text(Number(args[path]), Number(args[path + 1]));
    const name = posix.join(folder.at, text);
    if (folder.only !== undefined && posix.normalize(text) !== folder.only)
      return this.#refuse(`${name}: only ${folder.at}/${folder.only} is there`, ERRNO.notcapable);
    if (how.changes === true && folder.readOnly) return this.#refuse(`${name} can only be read`, ERRNO.rofs);
    const lexical = resolve(folder.host, text);
    const paths = text.includes("..") ? [lexical, `${folder.host}${sep}${text}`] : [lexical];
    for (const each of paths) {
      const fault = faultOf(each, folder.root, how);
      if (fault === "outside") return this.#refuse(`${name} leads out of ${folder.at}`, ERRNO.notcapable);
      if (fault === "special") return this.#refuse(`${name} is no file and no folder`, ERRNO.acces);
    }
    return ERRNO.success;
  }

  /** What a link would lead to. */
  #checkTarget(args: Parameters<WasiCall>): number {
    const folder = this.#at(args[2]);
    if (folder === undefined) return ERRNO.success;
    const target = this.#memory.text(Number(args[0]), Number(args[1]));
    const link = this.#memory.text(Number(args[3]), Number(args[4]));
    if (!target.startsWith("/") && isInside(resolve(folder.host, dirname(link), target), folder.root))
      return ERRNO.success;
    return this.#refuse(`${posix.join(folder.at, link)} would lead out of ${folder.at}`, ERRNO.perm);
  }

  #refuse(what: string, answer: number): number {
    this.#refused(what);
    return answer;
  }
}

interface How {
  changes?: boolean;
  follows?: boolean;
  opens?: boolean;
}

function faultOf(
  path: string,
  root: string,
  { follows = false, opens = false }: How,
): "outside" | "special" | undefined {
  const parent = realOf(dirname(path));
  // Nothing is there, and nothing can be made there.
  if (parent === undefined) return undefined;
  const last = basename(path);
  const place = last === ".." || last === "." || last === "" ? realOf(path) : join(parent, last);
  if (place === undefined || !(isInside(place, root) || realOf(path) === root)) return "outside";
  const real = realOf(path);
  if (real === undefined) return follows && isLink(path) ? "outside" : undefined;
  if ((follows || opens) && !isInside(real, root)) return "outside";
  if (!opens) return undefined;
  const stat = statSync(real, { throwIfNoEntry: false });
  return stat === undefined || stat.isFile() || stat.isDirectory() ? undefined : "special";
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

function realOf(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function isFollowing(flags: number | bigint | undefined): boolean {
  return (Number(flags) & FOLLOW) !== 0;
}

function bits(...places: number[]): bigint {
  let all = 0n;
  for (const place of places) all |= 1n << BigInt(place);
  return all;
}
