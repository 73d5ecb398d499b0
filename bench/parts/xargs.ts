/** `xargs -P`, which starts commands and captures nothing: the machine's own rate of fork and exec. */
import { spawn } from "node:child_process";
import { once } from "node:events";

/** Runs `/bin/sh -c true` `count` times, `parallel` at once; undefined where there is no xargs. */
export async function xargs(count: number, parallel: number): Promise<number | undefined> {
  const args = [`-P${parallel}`, "-I{}", "/bin/sh", "-c", "true"];
  const child = spawn("xargs", args, { stdio: ["pipe", "ignore", "ignore"] });
  const begun = performance.now();
  child.stdin.on("error", () => undefined);
  child.stdin.end("x\n".repeat(count));
  try {
    const [code] = (await once(child, "exit")) as [number | null];
    return code === 0 ? Math.round((count / (performance.now() - begun)) * 1000) : undefined;
  } catch {
    return undefined;
  }
}
