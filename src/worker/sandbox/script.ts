/**
 * The shell text that runs between `unshare` and the command: it has new namespaces and the rights to furnish them, and
 * the command gets neither.
 *
 * SS1  A step that fails ends it with code 125 and words on standard error: nothing runs in half a sandbox.
 * SS2  As the first process of a process namespace it stays, because the kernel keeps signals from that one that it does
 *      not handle: a TERM would not end the command. It hands on the exit code; an end by signal n becomes 128 + n.
 */
import { type FilesPlan, fileLines } from "./files.ts";

/** The text; the command and what is put before it are its arguments. `isInit`: it is the first process of its namespace. */
export function sandboxScript(files: FilesPlan | undefined, isInit: boolean): string {
  const lines = ['fail() { echo "octopus: the sandbox could not be made: $1" >&2; exit 125; }'];
  if (files !== undefined) lines.push(...fileLines(files));
  // The shell says what ended its child; nobody asked for that.
  if (isInit) lines.push("exec 9>&2 2>/dev/null", '(exec "$@" 2>&9 9>&-)', "exit $?");
  else lines.push('exec "$@"');
  return lines.join("\n");
}
