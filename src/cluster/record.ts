/**
 * What stands in the log of a shard, as bytes and back. A record is JSON, so that an operator can read it with the tools of
 * the backend; above `PACK_BYTES_MIN` it is zstd of that JSON. A turn that is larger than the backend takes goes in parts.
 *
 * RC1  Each record names the hash of the record before it (`chain`). So one hash stands for the whole log up to there: two
 *      replicas with the same hash have applied the same, and a log whose end went back and was written anew is recognised.
 * RC2  Each record has a nonce: the same bytes at a number are the record that was sent, and no other one.
 * RC3  Of a turn in parts all count or none: the first record that is not the next part makes those before it void.
 * RC4  A record that counts for nothing names the one before it all the same: whoever stands where another history has such
 *      records must not get across them into what follows.
 */
import { createHash } from "node:crypto";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { OctopusError } from "../base/errors.ts";
import type { RunState, TaskState } from "../base/words.ts";
import type { Batch } from "../core/event.ts";
import { EVENT_VERSION } from "../core/event.ts";
import type { StoredMeter } from "../core/load.ts";

/** Raised when a record changes so that an older server would misread it. */
export const RECORD_VERSION = 1;

const PACK_BYTES_MIN = 4096;
/** Largest turn, unpacked: what is longer is no record of ours. */
const TURN_BYTES_MAX = 1024 * 1024 * 1024;
/** Room for the line that heads a part. */
const PART_HEAD_BYTES = 512;

interface Head {
  /** The leader's term. */
  term: number;
  nonce: string;
  /** Hash of the record before, empty for the first of a log. */
  chain: string;
}

/** Attempts processed, attempts failed, newest start (epoch milliseconds). */
export type ArmTotals = [processed: number, failed: number, lastRunAt: number];

/** Totals that core keeps and a replica would have to count. */
export interface RecordSummary {
  lastTask: number;
  lastRun: number;
  counts: Record<TaskState, number>;
  runCounts: Record<RunState, number>;
  /** Those that changed; with `all` every one there is. */
  arms: Record<string, ArmTotals>;
  all?: true;
  gone?: string[];
  meters: StoredMeter[];
}

export interface TurnRecord extends Head, Batch {
  kind: "turn";
  summary: RecordSummary;
}

/** A term began: everything that was on its way from an older leader is refused from here on. */
export interface BeganRecord extends Head {
  kind: "began";
  at: number;
  server: string;
}

/** What follows builds on this state, whatever stands before: a migration, a restore, a repair. */
export interface BaseRecord extends Head {
  kind: "base";
  at: number;
  server: string;
  /** Name of the snapshot, and the state that it holds. */
  snapshot: string;
  of: { seq: number; chain: string };
  reason: string;
}

/** It counts for nothing and uses up a number. */
export interface FillerRecord extends Head {
  kind: "filler";
}

interface PartRecord extends Head {
  kind: "part";
  part: number;
  parts: number;
  bytes: Uint8Array;
}

export type WholeRecord = TurnRecord | BeganRecord | BaseRecord | FillerRecord;
/** `foreign`: nothing that a server wrote; it counts for nothing. */
export type AnyRecord = WholeRecord | PartRecord | { kind: "foreign" };

/** The hash that stands for the log up to the record with these bytes. */
export function chainOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64url").slice(0, 22);
}

/** The record as it will stand in the log. */
export function encode(record: WholeRecord): Uint8Array {
  const { kind, ...rest } = record;
  const text = Buffer.from(JSON.stringify({ v: RECORD_VERSION, kind, ...rest }));
  if (text.length < PACK_BYTES_MIN) return text;
  return zstdCompressSync(text, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
}

/** The records that carry a whole one: itself, or its parts, each of which names the one before it. */
export function partsOf(whole: Uint8Array, { term, nonce, chain }: Head, bytesMax: number): Uint8Array[] {
  if (whole.length <= bytesMax) return [whole];
  const room = bytesMax - PART_HEAD_BYTES;
  const parts = Math.ceil(whole.length / room);
  const records: Uint8Array[] = [];
  let before = chain;
  for (let part = 0; part < parts; part++) {
    const head = { v: RECORD_VERSION, kind: "part", term, nonce, chain: before, part, parts };
    const piece = whole.subarray(part * room, (part + 1) * room);
    const record = Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), piece]);
    records.push(record);
    before = chainOf(record);
  }
  return records;
}

const NEWLINE = 10;
const BRACE = 0x7b;
const ZSTD = 0xfd2fb528;

/** Reads a record. Throws `storage_newer` for one that only a newer version understands. */
export function decode(bytes: Uint8Array): AnyRecord {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (buffer.length < 4) return { kind: "foreign" };
  if (buffer[0] === BRACE) {
    const end = buffer.subarray(0, PART_HEAD_BYTES).indexOf(NEWLINE);
    return recordOf(
      buffer.subarray(0, end === -1 ? buffer.length : end),
      end === -1 ? undefined : bytes.subarray(end + 1),
    );
  }
  if (buffer.readUInt32LE(0) !== ZSTD) return { kind: "foreign" };
  try {
    return recordOf(zstdDecompressSync(buffer, { maxOutputLength: TURN_BYTES_MAX }), undefined);
  } catch (error) {
    if (error instanceof OctopusError) throw error;
    return { kind: "foreign" };
  }
}

function recordOf(text: Buffer, rest: Uint8Array | undefined): AnyRecord {
  let record: unknown;
  try {
    record = JSON.parse(text.toString());
  } catch {
    return { kind: "foreign" };
  }
  if (typeof record !== "object" || record === null) return { kind: "foreign" };
  const { v, kind, version } = record as { v?: unknown; kind?: unknown; version?: unknown };
  if (typeof v !== "number" || typeof kind !== "string") return { kind: "foreign" };
  if (v > RECORD_VERSION || (typeof version === "number" && version > EVENT_VERSION)) throw newer(v, version);
  if (kind === "part") return { ...(record as PartRecord), bytes: rest ?? new Uint8Array() };
  if (kind === "turn" || kind === "began" || kind === "base" || kind === "filler") return record as WholeRecord;
  throw newer(v, kind);
}

function newer(v: number, what: unknown): OctopusError {
  return new OctopusError(
    "storage_newer",
    `the log holds a record of form ${v}/${String(what)}, written by a newer Octopus; this one reads records up to ` +
      `${RECORD_VERSION}/${EVENT_VERSION}. Start the newer version on this server`,
  );
}
