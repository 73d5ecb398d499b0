/** The answer that is a file: in pieces, so a large one costs no memory, and never as anything that a browser would show. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { ServerScope } from "./scope.ts";

export interface FileAnswer {
  name: string;
  /** The bytes are asked for, and not only how many there are. */
  isWanted: boolean;
  log: ServerScope["options"]["log"];
  task?: string;
}

export async function answerFile(
  response: ServerResponse,
  file: { bytes: number; chunks: AsyncIterable<Uint8Array> },
  { name, isWanted, log, task }: FileAnswer,
): Promise<void> {
  response.writeHead(200, {
    // Never a type that a browser would show: the content is whatever the task wrote.
    "content-type": "application/octet-stream",
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox",
    "content-length": file.bytes,
    "content-disposition": attachment(name),
  });
  if (!isWanted) return void response.end();
  await sendFile(response, file.chunks).catch((error: unknown) => {
    // The length was promised: only a broken connection can say that the rest does not come.
    if (!response.destroyed) log.error({ err: error, task, path: name }, "a file was cut off");
    response.destroy();
  });
}

/** `attachment` with the file's own name, for old readers and for new ones. */
function attachment(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const encoded = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

/** As fast as the reader takes it; a reader that goes stops the reading. */
async function sendFile(response: ServerResponse, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  for await (const chunk of chunks) {
    if (response.destroyed) return;
    if (!response.write(chunk)) await once(response, "drain", { signal: gone.signal }).catch(() => {});
  }
  response.end();
}
