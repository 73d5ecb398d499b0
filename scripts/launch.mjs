/**
 * Runs a program in this one's place: standard streams inherited, signals passed on, the same end. Plain JavaScript, as
 * `install.mjs`.
 *
 * R1  This process never ends before its child, and never kills it: it passes on what it is told and waits.
 * R2  Ctrl-C reaches every process of the terminal by itself, so it is not passed on there: the child would see two,
 *     and take the second for "stop at once".
 */
import { spawn } from "node:child_process";
import { SetupError, ensureInstalled, root } from "./install.mjs";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/** npm passes on each Ctrl-C that it gets itself; what comes this soon after the first is the same one. */
const SAME_SIGNAL_MS = 300;

/** Runs a file of the repository by the Node for the source; this process then ends as that one ended. */
export async function runSource(file, args) {
  try {
    const node = await ensureInstalled();
    endAs(await run(node, sourceArguments(file, args)));
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

/** Arguments for Node that run a file from source: the package's own doors lead to src/ and not to dist/. */
export function sourceArguments(file, args) {
  return ["--conditions=octopus:source", file, ...args];
}

/** Resolves when the program has ended, with its exit code or the signal that ended it. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: "inherit", ...options });
    const handlers = SIGNALS.map((signal) => [signal, passOn(child, signal)]);
    for (const [signal, handler] of handlers) process.on(signal, handler);
    const finish = (settle) => {
      for (const [signal, handler] of handlers) process.off(signal, handler);
      settle();
    };
    child.once("error", (error) =>
      finish(() =>
        reject(
          new SetupError(`${command} did not start: ${error.message}. Delete ${root}/node_modules and start again.`),
        ),
      ),
    );
    child.once("exit", (code, signal) => finish(() => resolve({ code, signal })));
  });
}

function passOn(child, signal) {
  let lastAt = -Infinity;
  return () => {
    if (signal === "SIGINT" && hasTerminal()) return;
    if (performance.now() - lastAt < SAME_SIGNAL_MS) return;
    lastAt = performance.now();
    child.kill(signal);
  };
}

function hasTerminal() {
  return process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
}

/** Ends this process with the same exit code, or by the same signal, so that the caller sees no difference. */
export function endAs({ code, signal }) {
  if (signal) process.kill(process.pid, signal);
  else process.exitCode = code ?? 1;
}
