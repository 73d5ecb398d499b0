/** For tests: which implementations of the spawner work on this machine. */
import type { SpawnerKind } from "./client.ts";
import { loadLibc } from "./libc.ts";

export function spawnerKinds(): SpawnerKind[] {
  // Loading it here too would warn in the output of the tests.
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  const ffi = loadLibc() !== undefined;
  process.emitWarning = emitWarning;
  return ffi ? ["ffi", "spawn"] : ["spawn"];
}
