/**
 * The spool: results and output that the server is not known to have, in a file of the worker's state folder, so that they
 * outlive the worker's process.
 *
 * SP1  What was appended is there after the process was killed. After a loss of power the newest may be missing: then the
 *      attempt counts as lost, as without a spool.
 * SP2  The file has at most `bytesMax` bytes of output; results are always taken, for they are few and small.
 * SP3  Nothing in it is sent to another server than the one it is for.
 * SP4  A disk that cannot be written costs output and the spool, never a task: `onTrouble` is told once.
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { AttemptRef, AttemptReport, LogChunk } from "../../protocol/link.ts";
import { LastWords } from "./last-words.ts";
import { Gaps, type OutputQueue, SLICE_BYTES, sizeOf } from "./output-queue.ts";
import { decodeRecord, encodeRecord, linesOf, type RecordKind } from "./records.ts";

const FILE = "spool.log";
const READ_BYTES = 1024 * 1024;
/** A file of which so much is of no use any more is written anew. */
const COMPACT_BYTES = 4 * 1024 * 1024;

export interface SpooledResult extends AttemptRef {
  report: AttemptReport;
}

export interface SpoolOptions {
  /** The state folder; the file lies in a folder of its own in it. */
  dir: string;
  bytesMax: number;
  onTrouble?: (problem: string) => void;
}

export class Spool {
  readonly #path: string;
  readonly #bytesMax: number;
  readonly #onTrouble: (problem: string) => void;
  readonly #results = new Map<string, SpooledResult>();
  readonly #gaps = new Gaps();
  #fd: number;
  #end = 0;
  /** Output from here on is to be taken, and from `#confirmedAt` on perhaps again. */
  #readAt = 0;
  #confirmedAt = 0;
  /** Records of output: taken since the last confirmation, ever added, ever taken. */
  #takenSince = 0;
  #added = 0;
  #taken = 0;
  readonly #words = new LastWords();
  #isTroubled = false;
  #cluster: string | undefined;
  /** An empty file has so many: the word of its server. */
  #headBytes = 0;
  /** Lines that could not be read when it was opened. */
  damaged = 0;

  constructor({ dir, bytesMax, onTrouble }: SpoolOptions) {
    const folder = join(dir, "spool");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#path = join(folder, FILE);
    this.#bytesMax = bytesMax;
    this.#onTrouble = onTrouble ?? (() => undefined);
    this.#fd = openSync(this.#path, constants.O_RDWR | constants.O_CREAT, 0o600);
    this.#read();
  }

  /** Id of the server that it is for, once that is known. */
  get cluster(): string | undefined {
    return this.#cluster;
  }

  setCluster(cluster: string): void {
    if (cluster === this.#cluster) return;
    this.#cluster = cluster;
    this.#append("C", cluster);
    this.#tidy();
  }

  results(): SpooledResult[] {
    return [...this.#results.values()];
  }

  result({ task, attempt, report }: SpooledResult): void {
    this.#results.set(keyOf(task, attempt), { task, attempt, report });
    this.#append("R", { task, attempt, report });
  }

  done({ task, attempt }: AttemptRef): void {
    if (!this.#results.delete(keyOf(task, attempt))) return;
    if (this.#results.size === 0) return this.#tidy();
    this.#append("D", { task, attempt });
    this.#tidy();
  }

  clear(): void {
    this.#results.clear();
    this.#gaps.clear();
    this.#words.clear();
    this.#taken = this.#added;
    this.#truncate();
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** The output in it, as the queue that it is. */
  readonly output: OutputQueue = this.#createOutput();

  #createOutput(): OutputQueue {
    const added = (): number => this.#added;
    const taken = (): number => this.#taken;
    return {
      get added() {
        return added();
      },
      get taken() {
        return taken();
      },
      add: (chunks) => this.#addOutput(chunks),
      take: () => this.#takeOutput(),
      confirm: () => {
        this.#confirmedAt = this.#readAt;
        this.#takenSince = 0;
        this.#words.confirm();
        this.#tidy();
      },
      rewind: () => {
        this.#readAt = this.#confirmedAt;
        this.#taken -= this.#takenSince;
        this.#takenSince = 0;
        this.#words.rewind();
      },
      end: (task, attempt, at) => {
        const gap = this.#gaps.take(task, attempt, at);
        if (gap === undefined) return;
        if (!this.#append("L", [gap])) this.#words.add(gap);
        this.#added++;
      },
      clear: () => this.clear(),
    };
  }

  #addOutput(chunks: readonly LogChunk[]): void {
    let part: LogChunk[] = [];
    let bytes = 0;
    const flush = (): void => {
      if (part.length > 0) this.#appendOutput(part);
      part = [];
      bytes = 0;
    };
    for (const chunk of chunks) {
      const size = sizeOf(chunk);
      if (this.#end + bytes + size > this.#bytesMax && !this.#makeRoom(bytes + size)) {
        this.#gaps.note(chunk, size);
        continue;
      }
      const gap = this.#gaps.take(chunk.task, chunk.attempt, chunk.at);
      if (gap !== undefined) part.push(gap);
      part.push(chunk);
      if ((bytes += size) >= SLICE_BYTES) flush();
    }
    flush();
  }

  /** By leaving out what is not wanted any more. */
  #makeRoom(bytes: number): boolean {
    if (this.#confirmedAt < this.#bytesMax / 4) return false;
    this.#compact();
    return this.#end + bytes <= this.#bytesMax;
  }

  #appendOutput(chunks: LogChunk[]): void {
    if (this.#append("L", chunks)) this.#added++;
    else for (const chunk of chunks) this.#gaps.note(chunk, sizeOf(chunk));
  }

  /** A line of the file at least, and all that fit into a slice. */
  #takeOutput(): LogChunk[] {
    const chunks: LogChunk[] = [];
    while (this.#taken < this.#added - this.#words.size) {
      const from = this.#readAt;
      for (const { line, end } of linesOf(this.#readFrom(from), from)) {
        this.#readAt = end;
        const record = decodeRecord(line);
        if (record?.kind !== "L") continue;
        this.#taken++;
        this.#takenSince++;
        chunks.push(...(record.json() as LogChunk[]));
        if (end - from >= SLICE_BYTES) return chunks;
      }
      if (this.#readAt === from) {
        // What was counted is not there: the file was changed behind our back.
        this.#taken = this.#added - this.#words.size;
        break;
      }
      if (chunks.length > 0) return chunks;
    }
    const words = this.#words.take();
    this.#taken += words.length;
    this.#takenSince += words.length;
    return chunks.concat(words);
  }

  /** Whole lines from there on: one at least, where there is one. */
  #readFrom(at: number): Buffer {
    for (let size = READ_BYTES; ; size *= 4) {
      const bytes = Buffer.allocUnsafe(Math.min(size, this.#end - at));
      const read = bytes.length === 0 ? 0 : readSync(this.#fd, bytes, 0, bytes.length, at);
      const part = bytes.subarray(0, read);
      if (part.includes(10) || at + read >= this.#end || read < bytes.length) return part;
    }
  }

  #append(kind: RecordKind, value: unknown): boolean {
    return this.#write(encodeRecord(kind, value));
  }

  /** All of it, or nothing. */
  #write(bytes: Buffer): boolean {
    try {
      for (let at = 0; at < bytes.length;) {
        at += writeSync(this.#fd, bytes, at, bytes.length - at, this.#end + at);
      }
      this.#end += bytes.length;
      return true;
    } catch (error) {
      this.#tell(error);
      try {
        // Half a line would spoil the next one.
        ftruncateSync(this.#fd, this.#end);
      } catch {
        // Then the next one is written over it.
      }
      return false;
    }
  }

  #tell(error: unknown): void {
    if (this.#isTroubled) return;
    this.#isTroubled = true;
    this.#onTrouble(`${this.#path} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }

  #tidy(): void {
    const hasOutput = this.#taken < this.#added || this.#takenSince > 0;
    if (this.#results.size === 0 && !hasOutput) return this.#truncate();
    if (!hasOutput) this.#readAt = this.#confirmedAt = this.#end;
    if (this.#end > COMPACT_BYTES && this.#confirmedAt > this.#end / 2) this.#compact();
  }

  #truncate(): void {
    if (this.#end <= this.#headBytes) return;
    try {
      ftruncateSync(this.#fd, 0);
    } catch (error) {
      return this.#tell(error);
    }
    this.#end = 0;
    this.#takenSince = 0;
    this.#isTroubled = false;
    if (this.#cluster !== undefined) this.#append("C", this.#cluster);
    this.#headBytes = this.#readAt = this.#confirmedAt = this.#end;
  }

  /** Writes anew what is still wanted: the results, and the output that is not confirmed. */
  #compact(): void {
    const next = `${this.#path}.next`;
    const old = { fd: this.#fd, from: this.#confirmedAt, end: this.#end, readAt: this.#readAt };
    try {
      this.#fd = openSync(next, "w+", 0o600);
    } catch (error) {
      return this.#tell(error);
    }
    this.#end = 0;
    let isWhole = this.#cluster === undefined || this.#append("C", this.#cluster);
    for (const result of this.#results.values()) isWhole = this.#append("R", result) && isWhole;
    const head = this.#end;
    const block = Buffer.allocUnsafe(READ_BYTES);
    for (let at = old.from; at < old.end && isWhole;) {
      const read = readSync(old.fd, block, 0, Math.min(block.length, old.end - at), at);
      if (read === 0) break;
      isWhole = this.#write(block.subarray(0, read));
      at += read;
    }
    if (!isWhole) {
      closeSync(this.#fd);
      this.#fd = old.fd;
      this.#end = old.end;
      return;
    }
    renameSync(next, this.#path);
    closeSync(old.fd);
    this.#confirmedAt = head;
    this.#readAt = head + old.readAt - old.from;
  }

  /** Finds again what the process before left. */
  #read(): void {
    const size = fstatSync(this.#fd).size;
    this.#end = size;
    let at = 0;
    while (at < size) {
      const from = at;
      for (const { line, end } of linesOf(this.#readFrom(from), from)) {
        at = end;
        this.#learn(line);
      }
      if (at === from) break;
    }
    // A line without an end was being written when the process died.
    if (at < size) {
      this.damaged++;
      ftruncateSync(this.#fd, at);
      this.#end = at;
    }
    this.#tidy();
  }

  #learn(line: Buffer): void {
    const record = decodeRecord(line);
    if (record === undefined) return void this.damaged++;
    if (record.kind === "L") this.#added++;
    else if (record.kind === "C") this.#cluster = record.json() as string;
    else {
      const value = record.json() as SpooledResult;
      if (record.kind === "R") this.#results.set(keyOf(value.task, value.attempt), value);
      else this.#results.delete(keyOf(value.task, value.attempt));
    }
  }
}

function keyOf(task: number, attempt: number): string {
  return `${task}/${attempt}`;
}
