/**
 * Large results and files that attempts left, named by the hash of their content: written once, synced before anybody
 * refers to them.
 *
 * F1  A file of that name is always whole: it is written under another one first.
 * F2  What is on its way in lies in `incoming/`, which a start empties: nobody knew of it.
 */
import { createHash, randomUUID } from "node:crypto";
import {
  closeSync,
  createReadStream,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { assert } from "../base/assert.ts";
import type { Artifacts, ArtifactSink } from "../engine/ports.ts";
import { storageError } from "./database.ts";

const READ_BYTES = 256 * 1024;

export function openArtifacts(dir: string): Artifacts {
  const fileOf = (reference: string): string => join(dir, reference.slice(0, 2), reference);
  const incoming = join(dir, "incoming");
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    rmSync(incoming, { recursive: true, force: true });
  } catch (error) {
    throw storageError(error, `make the folder ${dir}`);
  }
  const sink = (): ArtifactSink => new FileSink(incoming, fileOf);
  let looked = 0;
  return {
    sink,
    put(text) {
      const reference = createHash("sha256").update(text).digest("hex");
      if (existsSync(fileOf(reference))) {
        touch(fileOf(reference));
        return reference;
      }
      const file = sink();
      file.write(Buffer.from(text));
      return file.commit().sha256;
    },
    get(reference) {
      try {
        return readFileSync(fileOf(reference), "utf8");
      } catch {
        return undefined;
      }
    },
    open(reference) {
      const stat = statSync(fileOf(reference), { throwIfNoEntry: false });
      if (stat === undefined) return undefined;
      return { bytes: stat.size, chunks: chunksOf(fileOf(reference)) };
    },
    has: (reference) => existsSync(fileOf(reference)),
    stale(before) {
      const prefix = (looked++ % 256).toString(16).padStart(2, "0");
      const names = existsSync(join(dir, prefix)) ? readdirSync(join(dir, prefix)) : [];
      return names.filter((name) => {
        const stat = statSync(fileOf(name), { throwIfNoEntry: false });
        return stat !== undefined && stat.mtimeMs < before;
      });
    },
    remove(references) {
      for (const reference of references) rmSync(fileOf(reference), { force: true });
    },
  };
}

/** Opened with the first piece: whoever only asks for the size must not leave an open file behind. */
async function* chunksOf(file: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(file, { highWaterMark: READ_BYTES }) as AsyncIterable<Uint8Array>;
}

/** The file counts as new again: somebody is about to refer to it, and it must not look forgotten. */
function touch(file: string): void {
  const now = new Date();
  utimesSync(file, now, now);
}

/** Bytes written between two syncs: one sync of a gigabyte would hold the loop for seconds. */
const SYNC_BYTES = 4 * 1024 * 1024;

class FileSink implements ArtifactSink {
  readonly #draft: string;
  readonly #fileOf: (hash: string) => string;
  readonly #hash = createHash("sha256");
  #fd: number | undefined;
  #bytes = 0;
  #unsynced = 0;

  constructor(incoming: string, fileOf: (hash: string) => string) {
    this.#fileOf = fileOf;
    this.#draft = join(incoming, `${randomUUID()}.part`);
    try {
      mkdirSync(incoming, { recursive: true });
      this.#fd = openSync(this.#draft, "wx", 0o600);
    } catch (error) {
      throw storageError(error, `write the artifact ${this.#draft}`);
    }
  }

  write(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
    this.#unsynced += chunk.length;
    this.#guard((fd) => {
      for (let at = 0; at < chunk.length;) at += writeSync(fd, chunk, at);
      if (this.#unsynced < SYNC_BYTES) return;
      fdatasyncSync(fd);
      this.#unsynced = 0;
    });
  }

  commit(): { sha256: string; bytes: number } {
    const sha256 = this.#hash.digest("hex");
    const file = this.#fileOf(sha256);
    this.#guard((fd) => {
      if (existsSync(file)) {
        touch(file);
        return this.abort();
      }
      fsyncSync(fd);
      closeSync(fd);
      this.#fd = undefined;
      const isNew = mkdirSync(dirname(file), { recursive: true }) !== undefined;
      renameSync(this.#draft, file);
      syncDirectory(dirname(file));
      if (isNew) syncDirectory(dirname(dirname(file)));
    });
    return { sha256, bytes: this.#bytes };
  }

  abort(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    rmSync(this.#draft, { force: true });
  }

  /** What fails takes the draft with it, and says so in words. */
  #guard(work: (fd: number) => void): void {
    assert(this.#fd !== undefined, "an artifact is not written to after its end");
    try {
      work(this.#fd);
    } catch (error) {
      this.abort();
      throw storageError(error, `write the artifact ${this.#draft}`);
    }
  }
}

/** Makes the name of a new file as durable as its content. Systems that cannot sync a folder need not. */
function syncDirectory(path: string): void {
  try {
    const fd = openSync(path, "r");
    fsyncSync(fd);
    closeSync(fd);
  } catch {
    // Windows.
  }
}

/** Artifacts of a database in memory. */
export function memoryArtifacts(): Artifacts {
  const files = new Map<string, Buffer>();
  const keep = (bytes: Buffer): string => {
    const reference = createHash("sha256").update(bytes).digest("hex");
    files.set(reference, bytes);
    return reference;
  };
  return {
    put: (text) => keep(Buffer.from(text)),
    get: (reference) => files.get(reference)?.toString(),
    sink() {
      const chunks: Buffer[] = [];
      return {
        // The caller may use its buffer again.
        write: (chunk) => void chunks.push(Buffer.from(chunk)),
        commit() {
          const bytes = Buffer.concat(chunks);
          return { sha256: keep(bytes), bytes: bytes.length };
        },
        abort: () => void chunks.splice(0),
      };
    },
    open(reference) {
      const bytes = files.get(reference);
      return bytes && { bytes: bytes.length, chunks: piecesOf(bytes) };
    },
    has: (reference) => files.has(reference),
    stale: () => [],
    remove(references) {
      for (const reference of references) files.delete(reference);
    },
  };
}

async function* piecesOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += READ_BYTES) yield bytes.subarray(at, at + READ_BYTES);
}
