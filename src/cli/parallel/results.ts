/** `--results`: output of each job in files of a folder that is named by its arguments: `DIR/1/VALUE/2/VALUE/stdout`. */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { usage } from "../read.ts";
import type { Stream } from "./printer.ts";

export interface JobFiles {
  write(stream: Stream, bytes: Uint8Array): void;
  close(): void;
}

export function openJobFiles(dir: string, seq: number, values: readonly string[]): JobFiles {
  const folder = join(dir, ...values.flatMap((value, i) => [String(i + 1), nameOf(value)]));
  try {
    mkdirSync(folder, { recursive: true });
    const open = { stdout: openSync(join(folder, "stdout"), "w"), stderr: openSync(join(folder, "stderr"), "w") };
    writeFileSync(join(folder, "seq"), String(seq));
    return {
      write(stream, bytes) {
        for (let at = 0; at < bytes.length;) at += writeSync(open[stream], bytes, at);
      },
      close() {
        closeSync(open.stdout);
        closeSync(open.stderr);
      },
    };
  } catch (error) {
    throw usage(`cannot write the results of job ${seq} to ${folder}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

/** A value as the name of a folder. */
function nameOf(value: string): string {
  if (value === "" || value === "." || value === "..") return `\\${value}`;
  return value.replaceAll("\\", "\\\\").replaceAll("/", "\\_");
}
