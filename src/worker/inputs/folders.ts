/**
 * The folders behind `$OCTOPUS_INPUTS`: one for each attempt that was given files of other tasks, filled before its work
 * begins and removed when it has ended.
 *
 * I1  The work begins only when every file is there, whole.
 * I2  No file lies outside the folder, whatever its path says.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { OctopusError } from "../../base/errors.ts";
import { formatSize } from "../../base/duration.ts";
import type { AttemptReport, InputFile } from "../../protocol/link.ts";
import type { Attempt } from "../attempt.ts";
import { stoppedOutcome } from "../executors/stopped.ts";
import type { FetchFile } from "./fetch-file.ts";

const FILES_MAX = 10_000;
const BYTES_MAX = 10 * 1024 ** 3;
/** Files that are on their way at once. */
const LANES = 4;

export class InputFolders {
  readonly #fetch: FetchFile;
  readonly #parent: string | undefined;
  #base: string | undefined;
  #last = 0;

  /** `parent` is emptied when the first folder is made: nobody else may use it. Default: a new one for temporary files. */
  constructor(fetch: FetchFile, parent?: string) {
    this.#fetch = fetch;
    this.#parent = parent;
  }

  /** Runs `work` when the files are there. What goes wrong before is the end of the attempt. */
  async run(attempt: Attempt, work: () => Promise<AttemptReport>): Promise<AttemptReport> {
    let folder: string | undefined;
    try {
      try {
        folder = this.#make();
        await this.#fill(folder, attempt);
      } catch (error) {
        if (attempt.stopped !== undefined) return { outcome: stoppedOutcome(attempt.signal) };
        return refusal(error);
      }
      attempt.inputsDir = folder;
      return await work();
    } finally {
      // Files that the task made unreadable stay until the next start.
      if (folder !== undefined) await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    }
  }

  close(): void {
    if (this.#base !== undefined) rmSync(this.#base, { recursive: true, force: true });
    this.#base = undefined;
  }

  #make(): string {
    this.#base ??= this.#makeBase();
    const folder = join(this.#base, String(++this.#last));
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  }

  #makeBase(): string {
    if (this.#parent === undefined) return mkdtempSync(join(tmpdir(), "octopus-inputs-"));
    rmSync(this.#parent, { recursive: true, force: true });
    mkdirSync(this.#parent, { recursive: true, mode: 0o700 });
    return this.#parent;
  }

  async #fill(folder: string, attempt: Attempt): Promise<void> {
    const files = attempt.assignment.inputs ?? [];
    checkFiles(files);
    let next = 0;
    const failed = new AbortController();
    const signal = AbortSignal.any([attempt.signal, failed.signal]);
    const lane = async (): Promise<void> => {
      for (let file = files[next++]; file !== undefined; file = files[next++]) {
        const target = join(folder, file.path);
        mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
        const { path } = file;
        const onWait = (why: string): void => attempt.log("log", `the file ${path} is waited for: ${why}\n`);
        await this.#fetch(file, target, { signal, onWait });
      }
    };
    const lanes = Array.from({ length: Math.min(LANES, files.length) }, () =>
      lane().catch((error: unknown) => {
        failed.abort(error);
        throw error;
      }),
    );
    // All of them have ended before the folder goes.
    const ends = await Promise.allSettled(lanes);
    if (failed.signal.aborted) throw failed.signal.reason;
    if (ends.some(({ status }) => status === "rejected")) attempt.signal.throwIfAborted();
  }
}

function checkFiles(files: readonly InputFile[]): void {
  if (files.length > FILES_MAX)
    throw new OctopusError("too_large", `there are ${files.length} files, and an attempt may be given ${FILES_MAX}`);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes > BYTES_MAX) {
    const what = `the files have ${formatSize(bytes)}, and an attempt may be given ${formatSize(BYTES_MAX)}`;
    throw new OctopusError("too_large", `${what}: name fewer of them with a path`);
  }
  for (const { path } of files) {
    const isOdd = path
      .split(/[/\\]/)
      .some((part) => part === "" || part === "." || part === ".." || part.includes("\0"));
    if (isOdd) throw new OctopusError("invalid", `${JSON.stringify(path)} is no relative path without . and ..`);
  }
}

function refusal(error: unknown): AttemptReport {
  const why = error instanceof Error ? error.message : String(error);
  const message = `the files of other tasks could not be laid into $OCTOPUS_INPUTS: ${why}`;
  const isHopeless = error instanceof OctopusError && error.code !== "failed";
  return { outcome: "failed", error: { message, kind: "inputs" }, ...(isHopeless && { retryable: false }) };
}
