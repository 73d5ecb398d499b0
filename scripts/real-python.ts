/**
 * Python without its manager. Where `python3` is a script of a version manager, each worker that starts and asks for its
 * version waits for a dozen shells, and tests start hundreds of workers.
 */
import { execFileSync } from "node:child_process";
import { delimiter, dirname } from "node:path";

/** Puts the folder of the program that `python3` comes to at the front of PATH. */
export function realPythonFirst(): void {
  if (process.platform === "win32") return;
  try {
    const words = ["-I", "-S", "-c", "import sys; print(sys.executable)"];
    const program = execFileSync("python3", words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    const folder = dirname(program);
    const path = process.env["PATH"] ?? "";
    if (program !== "" && !path.startsWith(folder + delimiter)) process.env["PATH"] = folder + delimiter + path;
  } catch {
    // There is none, and tests that need one say so.
  }
}
