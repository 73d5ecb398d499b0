/**
 * How a file of another task gets from the server to this worker. Two ways: read from the store in the same process, or
 * fetched over HTTP. Either way what is written here is checked against the SHA-256 that the server named.
 */
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { OctopusError } from "../../base/errors.ts";
import type { InputFile } from "../../protocol/link.ts";

export interface FetchOptions {
  /** Aborts when nobody waits for the file any more. */
  signal: AbortSignal;
  /** The server cannot give the file now, and will be asked again; told at first, and now and then. */
  onWait?: (why: string) => void;
}

/** Resolves when the file lies at `target`, whole; rejects when it will not. */
export type FetchFile = (file: InputFile, target: string, options: FetchOptions) => Promise<void>;

/** What came is not what was asked for; another try may bring it. */
export class BrokenContent extends Error {}

export function fetchLocally(read: (sha256: string) => { chunks: AsyncIterable<Uint8Array> } | undefined): FetchFile {
  return async (file, target, { signal }) => {
    const found = read(file.sha256);
    if (found === undefined) throw notKept(file);
    await writeChecked(file, target, found.chunks, signal);
  };
}

export function notKept({ path }: InputFile): OctopusError {
  const hint = "its task was removed, or retention let it go; run the task that makes it again";
  return new OctopusError("not_found", `the file ${path} is not kept any more: ${hint}`);
}

/** Writes what comes, at most what was announced, and compares its hash. */
export async function writeChecked(
  file: InputFile,
  target: string,
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const handle = await open(target, "w", 0o600);
  try {
    const { bytes, sha256 } = await write(handle, file, chunks, signal);
    if (bytes === file.bytes && sha256 === file.sha256) return;
    throw new BrokenContent(`${bytes} bytes with the hash ${sha256} came, and not ${file.bytes} with ${file.sha256}`);
  } finally {
    await handle.close();
  }
}

async function write(
  handle: FileHandle,
  file: InputFile,
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    bytes += chunk.length;
    if (bytes > file.bytes) throw new BrokenContent(`more than the ${file.bytes} bytes came that it has`);
    hash.update(chunk);
    for (let at = 0; at < chunk.length;) at += (await handle.write(chunk, at)).bytesWritten;
  }
  return { bytes, sha256: hash.digest("hex") };
}
