/**
 * The spawner: a small process that starts commands for a worker, streams their output and says how they ended. It is
 * apart from the worker because starting a process stalls the thread that does it, and forking a large one is slow. It
 * ends with its worker, and what it started ends with it.
 *
 * Only `client.ts` starts it. A program that is packed so that running this file runs the program again would start
 * spawners without end: the client refuses when it finds `GUARD_VARIABLE` set, and this file does when it is not.
 */
import { GUARD_VARIABLE, KIND_VARIABLE } from "./guard.ts";
import { loadLibc } from "./libc.ts";

/** The descriptor on which the worker's socket arrives. */
const CONTROL_FD = 3;

if (process.env[GUARD_VARIABLE] !== String(process.ppid)) {
  process.stderr.write("This is a part of an Octopus worker; it is started by the worker alone.\n");
  process.exit(2);
}
// The worker decides when to end: by closing the socket, also when it dies. A Ctrl-C is for the worker.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

const libc = process.env[KIND_VARIABLE] === "spawn" ? undefined : loadLibc();
if (libc !== undefined) {
  const { runPosixHost } = await import("./posix-host.ts");
  runPosixHost(libc, CONTROL_FD);
}
if (process.env[KIND_VARIABLE] === "ffi") {
  process.stderr.write(
    "OCTOPUS_SPAWNER=ffi needs Node 26 on Linux (x64 or arm64); leave it out to use child_process.\n",
  );
  process.exit(2);
}
const { runNodeHost } = await import("./node-host.ts");
runNodeHost(CONTROL_FD);
