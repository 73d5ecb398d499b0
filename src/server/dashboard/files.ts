/**
 * The files of the dashboard on disk. Owns which address is which file, and how it is told whether a copy is still good.
 *
 * DF1  Only files below the folder are found, by names without a leading dot: no address leads out of it.
 * DF2  Nothing is kept in memory: what is named after its content is streamed, the few others are small.
 */
import { hash } from "node:crypto";
import { createReadStream, type Stats } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import type { OutgoingHttpHeaders } from "node:http";
import { extname, join } from "node:path";
import type { Readable } from "node:stream";
import { type Encoding, ENCODINGS } from "./accepts.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".json": "application/json",
  ".woff2": "font/woff2",
  ".webmanifest": "application/manifest+json",
};

/** Each part begins with a letter, a number, a `-` or a `_`: neither `..` nor a hidden file does. */
const PATH = /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/;
/** Vite names what lies here after its content. */
const ASSETS = "assets/";
export const INDEX = "index.html";
/** How the page names what lies beside it. */
const BESIDE = '="./';

export interface FoundFile {
  headers: OutgoingHttpHeaders;
  /** Its bytes; made when they are asked for. */
  open(): Readable | Uint8Array;
  /** What it is called as long as it is as it is. */
  etag?: string;
}

/** True for what must be a file: what is missing there is missing, and no page. */
export function isAsset(path: string): boolean {
  return path.startsWith(ASSETS);
}

/** The file at this path below the folder, in the first of these encodings that it is there in. */
export async function findFile(
  folder: string,
  path: string,
  encodings: readonly Encoding[],
): Promise<FoundFile | undefined> {
  if (!PATH.test(path)) return undefined;
  const plain = join(folder, path);
  const type = TYPES[extname(path)];
  if (type === undefined || (await fileAt(plain)) === undefined) return undefined;
  const { file, stats, encoding } = (await encodedAt(plain, encodings)) ?? { file: plain, stats: await stat(plain) };
  const headers = {
    "content-type": type,
    vary: "accept-encoding",
    ...(encoding !== undefined && { "content-encoding": encoding }),
  };
  if (isAsset(path)) {
    return {
      headers: { ...headers, "content-length": stats.size, "cache-control": "public, max-age=31536000, immutable" },
      open: () => createReadStream(file),
    };
  }
  return asked(headers, await readFile(file));
}

/** The page for an address so many folders below its own. */
export async function findPage(folder: string, depth: number): Promise<FoundFile | undefined> {
  const file = join(folder, INDEX);
  if ((await fileAt(file)) === undefined) return undefined;
  const text = await readFile(file, "utf8");
  const page = depth === 0 ? text : text.replaceAll(BESIDE, `="${"../".repeat(depth)}`);
  return asked({ "content-type": TYPES[".html"], vary: "accept-encoding" }, Buffer.from(page));
}

/** What is asked for anew each time, and sent only when it has changed. */
function asked(headers: OutgoingHttpHeaders, bytes: Buffer): FoundFile {
  // By content: the dates of a package's files are those of no file.
  const etag = `"${hash("sha256", bytes, "base64url").slice(0, 22)}"`;
  return {
    headers: { ...headers, "content-length": bytes.length, "cache-control": "no-cache", etag },
    open: () => bytes,
    etag,
  };
}

async function encodedAt(
  plain: string,
  encodings: readonly Encoding[],
): Promise<{ file: string; stats: Stats; encoding: Encoding } | undefined> {
  for (const encoding of encodings) {
    const file = plain + ENCODINGS[encoding];
    const stats = await fileAt(file);
    if (stats !== undefined) return { file, stats, encoding };
  }
  return undefined;
}

async function fileAt(path: string): Promise<Stats | undefined> {
  try {
    const stats = await stat(path);
    return stats.isFile() ? stats : undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return undefined;
    throw error;
  }
}
