#!/usr/bin/env node
/**
 * The command line: parses the words, loads the one command that they name, and turns whatever happens into an exit
 * code. Nothing else is loaded before a command is known, so that `octopus --help` answers at once.
 */
import type { Command } from "commander";
import { keepCompiled } from "../worker/compile-cache.ts";
import type { CommandSpec } from "./command.ts";
import type { Mode } from "./output.ts";

keepCompiled();
const { createProgram, isParserEnd } = await import("./program.ts");
const { EXIT, exitCodeOfError } = await import("./exit-codes.ts");
const { createOutput, printError } = await import("./output.ts");
const { ownVersion } = await import("../root/version.ts");

// A reader that has seen enough (`octopus ls | head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.ok);
  throw error;
});

async function perform(spec: CommandSpec, args: string[], options: Record<string, unknown>): Promise<void> {
  const { createContext } = await import("./context.ts");
  const mode = (options["output"] ?? "table") as Mode;
  const context = createContext(spec, args, options, createOutput(mode));
  try {
    const { run } = await spec.load();
    process.exitCode = await run(context);
  } catch (error) {
    printError(error, mode, context.out.advice);
    process.exitCode = exitCodeOfError(error);
  } finally {
    context.close();
  }
}

/** The form that was asked for, as far as it can be told when the words themselves are wrong. */
function modeIn(words: readonly string[]): Mode {
  return /(^| )(-o ?|--output[ =])json( |$)/.test(words.join(" ")) ? "json" : "table";
}

function silence(command: Command): void {
  command.configureOutput({ writeErr: () => undefined });
  command.commands.forEach(silence);
}

const words = process.argv.slice(2);
const mode = modeIn(words);
const program = createProgram(perform, ownVersion(), words[0]);
if (mode === "json") silence(program);
try {
  if (words.length === 0) program.outputHelp();
  else await program.parseAsync(words, { from: "user" });
} catch (error) {
  if (!isParserEnd(error)) throw error;
  const isHelp = error.exitCode === 0;
  if (!isHelp && mode === "json") {
    const { OctopusError } = await import("../base/errors.ts");
    const { parserWords } = await import("./elsewhere.ts");
    printError(new OctopusError("invalid", parserWords(error.message, words[0]!.startsWith("-"))), mode);
  }
  process.exitCode = isHelp ? EXIT.ok : EXIT.usage;
}
