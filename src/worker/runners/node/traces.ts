/**
 * What a call leaves beside its answer: output that may not have been read yet, and processes. Asked after each call, so it
 * looks only where something can be.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { Writable } from "node:stream";
import { writeAll } from "./channel.ts";

const write = fs.writeSync;
const read = fs.readFileSync;

let hasWritten = false;
/** Standard output or error was closed: the next call would have none. */
let isBroken = false;
/** Machine code may write by itself. */
let hasAddons = false;
let hasChildProcesses = false;
let modules = 0;
/** Of the children that have ended, as the kernel counts: it changes with each. */
let ended = "";

/** Standard streams that have written when they say so, and tell that they have; nothing is lost at an abrupt end. */
export function watchOutput(): void {
  for (const [name, fd] of [
    ["stdout", 1],
    ["stderr", 2],
  ] as const) {
    let stream: Writable | undefined;
    Object.defineProperty(process, name, {
      configurable: true,
      enumerable: true,
      get: () => (stream ??= openStream(fd)),
    });
  }
  for (const name of ["write", "writeSync", "writev", "writevSync"] as const) {
    const original = fs[name] as (fd: number, ...rest: unknown[]) => unknown;
    (fs as unknown as Record<string, unknown>)[name] = (fd: number, ...rest: unknown[]) => {
      if (fd === 1 || fd === 2) hasWritten = true;
      return original(fd, ...rest);
    };
  }
  for (const name of ["close", "closeSync"] as const) {
    const original = fs[name] as (fd: number, ...rest: unknown[]) => unknown;
    (fs as unknown as Record<string, unknown>)[name] = (fd: number, ...rest: unknown[]) => {
      if (fd === 1 || fd === 2) isBroken = true;
      return original(fd, ...rest);
    };
  }
  const { dlopen } = process;
  process.dlopen = (...given) => {
    hasAddons = true;
    return dlopen.apply(process, given);
  };
  syncBuiltinESMExports();
}

function openStream(fd: number): Writable {
  const stream = new Writable({
    decodeStrings: true,
    write(chunk: Buffer, _encoding, done) {
      hasWritten = true;
      try {
        writeAll(write, fd, chunk, chunk.length);
        done();
      } catch (error) {
        // Closed by the plugin: what it writes goes nowhere, as it wanted.
        done((error as NodeJS.ErrnoException).code === "EBADF" ? null : (error as Error));
      }
    },
    // It is never at its end while the process lives.
    destroy: (_error, done) => done(null),
  });
  return Object.assign(stream, { fd, _isStdio: true, _type: "pipe" });
}

/** Before a call. */
export function beginTraces(): void {
  hasWritten = hasAddons;
  if (hasChildProcesses) ended = endedChildren();
}

/** After it: whether it may have written something, may have left processes, and has left the next one no output. */
export function endTraces(): { isDirty: boolean; hasLeft: boolean; isSpoiled: boolean } {
  const loaded = (process as unknown as { moduleLoadList: readonly string[] }).moduleLoadList;
  const had = hasChildProcesses;
  if (loaded.length !== modules) {
    modules = loaded.length;
    hasChildProcesses ||= loaded.includes("NativeModule child_process");
    hasWritten ||= hasAddons;
  }
  if (!hasChildProcesses) return { isDirty: hasWritten, hasLeft: false, isSpoiled: isBroken };
  // What it has done before this module was loaded is not known.
  const hasLeft = !had || hasChildren() || ended !== endedChildren();
  return { isDirty: hasWritten || hasLeft, hasLeft, isSpoiled: isBroken };
}

function hasChildren(): boolean {
  try {
    return read(`/proc/self/task/${process.pid}/children`, "latin1") !== "";
  } catch {
    return true;
  }
}

/** Faults and times of children that are no more. */
function endedChildren(): string {
  try {
    const stat = read("/proc/self/stat", "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return `${fields[8]} ${fields[10]} ${fields[13]} ${fields[14]}`;
  } catch {
    return String(performance.now());
  }
}
