/**
 * Puts the built dashboard into the package, each file of text also as a browser takes it over a network: packed beforehand
 * and as well as it goes, so that the server never packs anything.
 */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { buildWeb, textFilesIn } from "./build-web.ts";
import { webFolder } from "./web-stamp.mjs";

/** Copies it to this folder. Throws what the build says. */
export async function packWeb(to: string): Promise<void> {
  await buildWeb();
  // What begins with a dot is the build's own.
  cpSync(webFolder, to, { recursive: true, filter: (path) => !basename(path).startsWith(".") });
  await Promise.all(textFilesIn(to).map(compress));
}

async function compress(file: string): Promise<void> {
  const bytes = readFileSync(file);
  const text = { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT };
  writeFileSync(`${file}.br`, await promisify(brotliCompress)(bytes, { params: text }));
  writeFileSync(`${file}.gz`, await promisify(gzip)(bytes, { level: 9 }));
}
