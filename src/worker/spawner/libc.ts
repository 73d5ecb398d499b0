/**
 * The system calls of the posix host, called through `node:ffi`: Linux on x64 and arm64, Node 26 and later. `loadLibc`
 * answers undefined wherever anything is missing; callers then use child_process.
 *
 * Constants and layouts are those of the Linux kernel and of glibc; the opaque structures of posix_spawn get more room
 * than any C library takes.
 */
import { createRequire } from "node:module";

const POINTER = "pointer";
const SIGNATURES = {
  __errno_location: { return: POINTER, arguments: [] },
  close: { return: "int32", arguments: ["int32"] },
  epoll_create1: { return: "int32", arguments: ["int32"] },
  epoll_ctl: { return: "int32", arguments: ["int32", "int32", "int32", POINTER] },
  epoll_wait: { return: "int32", arguments: ["int32", POINTER, "int32", "int32"] },
  fcntl: { return: "int32", arguments: ["int32", "int32", "int64"] },
  kill: { return: "int32", arguments: ["int32", "int32"] },
  memfd_create: { return: "int32", arguments: [POINTER, "uint32"] },
  open: { return: "int32", arguments: [POINTER, "int32", "int32"] },
  pipe2: { return: "int32", arguments: [POINTER, "int32"] },
  posix_spawnp: { return: "int32", arguments: [POINTER, POINTER, POINTER, POINTER, POINTER, POINTER] },
  posix_spawn_file_actions_init: { return: "int32", arguments: [POINTER] },
  posix_spawn_file_actions_destroy: { return: "int32", arguments: [POINTER] },
  posix_spawn_file_actions_adddup2: { return: "int32", arguments: [POINTER, "int32", "int32"] },
  posix_spawn_file_actions_addchdir_np: { return: "int32", arguments: [POINTER, POINTER] },
  posix_spawnattr_init: { return: "int32", arguments: [POINTER] },
  posix_spawnattr_setflags: { return: "int32", arguments: [POINTER, "int16"] },
  posix_spawnattr_setsigdefault: { return: "int32", arguments: [POINTER, POINTER] },
  posix_spawnattr_setsigmask: { return: "int32", arguments: [POINTER, POINTER] },
  prctl: { return: "int32", arguments: ["int32", "uint64", "uint64", "uint64", "uint64"] },
  pwrite: { return: "int64", arguments: ["int32", POINTER, "uint64", "int64"] },
  read: { return: "int64", arguments: ["int32", POINTER, "uint64"] },
  recv: { return: "int64", arguments: ["int32", POINTER, "uint64", "int32"] },
  send: { return: "int64", arguments: ["int32", POINTER, "uint64", "int32"] },
  syscall: { return: "int64", arguments: ["int64", "int64", "int64", "int64"] },
  wait4: { return: "int32", arguments: ["int32", POINTER, "int32", POINTER] },
} as const;

type Pointer = bigint | Uint8Array;
type CType = "pointer" | "int16" | "int32" | "uint32" | "int64" | "uint64";
type Value<T> = T extends "pointer" ? Pointer : T extends "int64" | "uint64" ? bigint : number;
type Values<T extends readonly CType[]> = { -readonly [K in keyof T]: Value<T[K]> };
type Functions = {
  [Name in keyof typeof SIGNATURES]: (
    ...values: Values<(typeof SIGNATURES)[Name]["arguments"]>
  ) => (typeof SIGNATURES)[Name]["return"] extends "int32" ? number : bigint;
};

export interface Libc extends Functions {
  /** The error number of the call just made. */
  errno(): number;
  /** Where a buffer lies; it stays there for as long as it lives. */
  address(buffer: Uint8Array): bigint;
}

interface FfiModule {
  dlopen(path: null, signatures: typeof SIGNATURES): { functions: unknown };
  getInt32(pointer: bigint): number;
  getRawPointer(buffer: Uint8Array): bigint;
}

export const CLOSE_RANGE_CLOEXEC = 4n;
export const EPOLL_CLOEXEC = 0o2000000;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;
export const EPOLLIN = 1;
export const EPOLLOUT = 4;
export const F_SETFD = 2;
export const FD_CLOEXEC = 1n;
export const MFD_CLOEXEC = 1;
export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;
export const O_CLOEXEC = 0o2000000;
export const O_RDWR = 2;
export const PR_SET_CHILD_SUBREAPER = 36;
export const SPAWN_SETSIGDEF = 0x04;
export const SPAWN_SETSIGMASK = 0x08;
export const SPAWN_SETSID = 0x80;
export const SYS_CLOSE_RANGE = 436n;
export const SYS_PIDFD_OPEN = 434n;
export const WNOHANG = 1;

/** `struct epoll_event` is packed on x64 alone. */
export const EPOLL_EVENT_BYTES = process.arch === "x64" ? 12 : 16;
export const EPOLL_DATA_AT = process.arch === "x64" ? 4 : 8;

/** The functions, or undefined where they cannot be had. */
export function loadLibc(): Libc | undefined {
  if (process.platform !== "linux" || (process.arch !== "x64" && process.arch !== "arm64")) return undefined;
  try {
    // `require`, because a static import of a module that an older Node lacks would end the process.
    const ffi = createRequire(import.meta.url)("node:ffi") as FfiModule;
    const functions = ffi.dlopen(null, SIGNATURES).functions as Functions;
    const errnoAt = functions.__errno_location();
    const errno = (): number => ffi.getInt32(errnoAt);
    const libc: Libc = { ...functions, errno, address: (buffer) => ffi.getRawPointer(buffer) };
    // Linux 5.3 is the first to tell of one process's end through a descriptor.
    const pidfd = Number(libc.syscall(SYS_PIDFD_OPEN, BigInt(process.pid), 0n, 0n));
    if (pidfd < 0) return undefined;
    libc.close(pidfd);
    return libc;
  } catch {
    return undefined;
  }
}

/** Names of the error numbers that starting a command gives; the rest reads as a number. */
export function errnoName(errno: number): string {
  const names: Record<number, string> = {
    1: "EPERM",
    2: "ENOENT",
    7: "E2BIG",
    8: "ENOEXEC",
    11: "EAGAIN",
    12: "ENOMEM",
    13: "EACCES",
    20: "ENOTDIR",
    22: "EINVAL",
    23: "ENFILE",
    24: "EMFILE",
    26: "ETXTBSY",
    36: "ENAMETOOLONG",
    40: "ELOOP",
  };
  return names[errno] ?? `error ${errno}`;
}
