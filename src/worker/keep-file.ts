/**
 * How a file of an attempt gets to the server, before the result that names it. Two ways: handed over in the same process,
 * or sent over HTTP.
 */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { OctopusError } from "../base/errors.ts";

/** A file here, or bytes that a program holds. The name may be bytes: not every name is text. */
export type FileSource = { readonly file: string | Buffer } | { readonly content: string | Uint8Array };

export interface KeepOptions {
  /** Larger ones are refused as `too_large`. */
  bytesMax: number;
  /** Aborts when nobody waits for the file any more. */
  signal: AbortSignal;
  /** The server cannot take the file now, and will be asked again; told at first, and now and then. */
  onWait?: (why: string) => void;
}

/** Resolves when the server has the file on disk; rejects when it will not have it. */
export type KeepFile = (source: FileSource, options: KeepOptions) => Promise<{ hash: string; bytes: number }>;

/** The server's side in the same process. */
export interface LocalSink {
  write(chunk: Uint8Array): void;
  commit(): { sha256: string; bytes: number };
  abort(): void;
}

export const READ_BYTES = 64 * 1024;

export function keepLocally(openSink: () => LocalSink): KeepFile {
  return async (source, { bytesMax, signal }) => {
    const opened = await openSource(source, bytesMax);
    const sink = openSink();
    try {
      for await (const chunk of opened.chunks()) {
        signal.throwIfAborted();
        sink.write(chunk);
      }
      const { sha256: hash, bytes } = sink.commit();
      return { hash, bytes };
    } catch (error) {
      sink.abort();
      throw error;
    } finally {
      await opened.close();
    }
  };
}

export interface OpenedSource {
  bytes: number;
  /** Exactly `bytes` of it, from the beginning; may be asked for again. */
  chunks(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Opens a regular file and nothing else: a link might lead anywhere, and a pipe might never end. */
export async function openSource(source: FileSource, bytesMax: number): Promise<OpenedSource> {
  if ("content" in source) {
    const content = typeof source.content === "string" ? Buffer.from(source.content) : source.content;
    if (content.length > bytesMax) throw tooLarge(content.length, bytesMax);
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < content.length; at += READ_BYTES) yield content.subarray(at, at + READ_BYTES);
    };
    return { bytes: content.length, chunks, close: () => Promise.resolve() };
  }
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as Partial<typeof constants>;
  const handle = await open(source.file, O_RDONLY! | O_NOFOLLOW | O_NONBLOCK);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new OctopusError("invalid", "it is no regular file");
    if (stat.size > bytesMax) throw tooLarge(stat.size, bytesMax);
    return { bytes: stat.size, chunks: () => piecesOf(handle, stat.size), close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function* piecesOf(handle: FileHandle, bytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes;) {
    const piece = Buffer.allocUnsafe(Math.min(READ_BYTES, bytes - at));
    const { bytesRead } = await handle.read(piece, 0, piece.length, at);
    if (bytesRead === 0) throw new OctopusError("conflict", "it became shorter while it was read");
    at += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}

function tooLarge(bytes: number, bytesMax: number): OctopusError {
  return new OctopusError("too_large", `it has ${bytes} bytes, and ${bytesMax} are left for it`);
}
