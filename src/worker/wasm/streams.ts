/**
 * Standard input and output of a module: text that is there, and a ring. They are no files, so nothing of the worker's own is
 * ever in reach of it.
 */
import { ERRNO, type WasiCalls } from "./calls.ts";
import type { ModuleMemory } from "./memory.ts";
import type { RingWriter } from "./ring.ts";

const STREAMS = 3;
const NAMES = ["stdin", "stdout", "stderr"] as const;

/** `calls` with these in their places. */
export function withStreams(calls: WasiCalls, memory: ModuleMemory, stdin: Uint8Array, ring: RingWriter): WasiCalls {
  const closed = new Set<number>();
  let readAt = 0;
  const isStream = (fd: unknown): fd is number => typeof fd === "number" && fd >= 0 && fd < STREAMS;
  /** For streams an answer of its own, for all else the call itself. */
  const but = (name: string, own: (fd: number, ...args: number[]) => number): Record<string, WasiCalls[string]> => ({
    [name]: (...args) => {
      if (!isStream(args[0])) return calls[name]!(...args);
      return closed.has(args[0]) ? ERRNO.badf : own(...(args as [number]));
    },
  });
  return {
    ...calls,
    ...but("fd_write", (fd, vectors, count, result) => {
      if (fd === 0) return ERRNO.badf;
      let written = 0;
      for (const piece of memory.vectors(vectors, count)) {
        ring.write(NAMES[fd] as "stdout" | "stderr", piece);
        written += piece.length;
      }
      memory.setUint32(result, written);
      return ERRNO.success;
    }),
    ...but("fd_read", (fd, vectors, count, result) => {
      if (fd !== 0) return ERRNO.badf;
      let read = 0;
      for (const piece of memory.vectors(vectors, count)) {
        const part = stdin.subarray(readAt, readAt + piece.length);
        piece.set(part);
        readAt += part.length;
        read += part.length;
      }
      memory.setUint32(result, read);
      return ERRNO.success;
    }),
    ...but("fd_fdstat_get", (_, at) => {
      // Of no known type: neither a file that has places nor a terminal that somebody sits at.
      const stat = memory.bytes(at, 24);
      stat.fill(0);
      stat.fill(0xff, 8);
      return ERRNO.success;
    }),
    ...but("fd_close", (fd) => {
      closed.add(fd);
      return ERRNO.success;
    }),
    ...but("fd_seek", () => ERRNO.spipe),
    ...but("fd_tell", () => ERRNO.spipe),
    ...but("fd_pread", () => ERRNO.spipe),
    ...but("fd_pwrite", () => ERRNO.spipe),
    ...but("fd_renumber", () => ERRNO.notsup),
    fd_renumber: (from, to) => (isStream(from) || isStream(to) ? ERRNO.notsup : calls["fd_renumber"]!(from, to)),
  };
}
