/**
 * The files of one attempt: how many and how much it may leave, and how long their way to the server may take. An attempt
 * that is being stopped gets its files over if that is quick; one that nobody waits for does not.
 */
import { OctopusError } from "../base/errors.ts";
import { formatSize } from "../base/duration.ts";
import type { AttemptReport } from "../protocol/link.ts";
import type { StopReason } from "./executor.ts";
import type { FileSource, KeepFile } from "./keep-file.ts";
import type { Timer, Timers } from "./timers.ts";

const FILES_MAX = 1000;
const BYTES_MAX = 1024 ** 3;
const PATH_LENGTH_MAX = 4096;
/** For the files of an attempt that was stopped. */
const HURRY_MS = 30_000;

type Files = NonNullable<AttemptReport["artifacts"]>;

export class AttemptFiles {
  readonly #keep: KeepFile;
  readonly #say: (text: string) => void;
  readonly #kept = new Map<string, Files[number]>();
  readonly #over = new AbortController();
  #bytes = 0;
  #timer: Timer;

  /** `say` writes to the attempt's log: somebody will ask why a command that is over still runs. */
  constructor(keep: KeepFile, say: (text: string) => void) {
    this.#keep = keep;
    this.#say = say;
  }

  async keep(path: string, source: FileSource): Promise<void> {
    checkPath(path);
    if (this.#kept.size >= FILES_MAX && !this.#kept.has(path))
      throw new OctopusError("too_large", `an attempt may leave ${FILES_MAX} files`);
    const room = BYTES_MAX - this.#bytes;
    if (room <= 0)
      throw new OctopusError("too_large", `the files of an attempt may have ${formatSize(BYTES_MAX)} in all`);
    const onWait = (why: string): void => this.#say(`the file ${path} waits for the server: ${why}\n`);
    const { hash, bytes } = await this.#keep(source, { bytesMax: room, signal: this.#over.signal, onWait });
    this.#bytes += bytes - (this.#kept.get(path)?.bytes ?? 0);
    this.#kept.set(path, { path, hash, bytes });
  }

  /** The attempt is being stopped. */
  hurry(reason: StopReason, timers: Timers): void {
    if (reason === "lost" || reason === "interrupted") this.#over.abort(stopped());
    else this.#timer ??= timers.setTimeout(() => this.#over.abort(stopped()), HURRY_MS);
  }

  /** No more come; what is still on its way is given up. */
  end(timers: Timers): Files | undefined {
    timers.clearTimeout(this.#timer);
    this.#over.abort(stopped());
    return this.#kept.size === 0 ? undefined : [...this.#kept.values()];
  }
}

function stopped(): OctopusError {
  return new OctopusError("not_ready", "the attempt was stopped before the server had it");
}

function checkPath(path: string): void {
  const parts = typeof path === "string" ? path.split("/") : [];
  const isOdd = parts.some((part) => part === "" || part === "." || part === ".." || part.includes("\0"));
  if (parts.length > 0 && !isOdd && path.length <= PATH_LENGTH_MAX && path.isWellFormed()) return;
  const message = `the path of a file must be relative and without . and .., such as report/index.html, not ${JSON.stringify(path)}`;
  throw new OctopusError("invalid", message);
}
