/** Reads a request body, bounded. */
import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { OctopusError } from "../base/errors.ts";
import { formatSize } from "../base/duration.ts";

/** Bytes and time for which a body that was refused is still read, so that the client gets to see the answer. */
const DISCARD_BYTES_MAX = 16 * 1024 * 1024;
const DISCARD_MS_MAX = 2000;

/** The whole body, or throws `too_large` once it passes `bytesMax`. */
export function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes <= bytesMax) return void chunks.push(chunk);
      request.off("data", onData).off("end", onEnd).off("close", onClose);
      void discard(request).then(() => reject(tooLarge("the body", bytesMax)));
    };
    const onEnd = (): void => {
      request.off("close", onClose);
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
    };
    const onClose = (): void => reject(gone());
    request.on("data", onData).on("end", onEnd).on("close", onClose);
  });
}

/** Reads on without keeping anything: a socket closed with unread bytes would tear the answer from the client. */
export function discard(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let bytes = 0;
    const timer = setTimeout(resolve, DISCARD_MS_MAX);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > DISCARD_BYTES_MAX) done();
    });
    request.on("end", done).on("close", done);
    request.resume();
  });
}

/** The refusal of something over its limit. */
export function tooLarge(what: string, bytesMax: number): OctopusError {
  const advice = what.includes("task") ? " (limits.task): put large input in a file and pass its path" : "";
  const text = `${what} is larger than ${formatSize(bytesMax)} (${bytesMax} bytes), the limit${advice}`;
  return new OctopusError("too_large", text);
}

/** The client went away in the middle of its request; nobody is left to read this. */
export function gone(): OctopusError {
  return new OctopusError("malformed", "the request ended before its body was complete");
}

/** Text of a body, or throws `malformed`. */
export function textOf(bytes: Buffer, what = "the body"): string {
  if (!isUtf8(bytes)) throw new OctopusError("malformed", `${what} is not valid UTF-8`);
  return bytes.toString("utf8");
}

/** A value out of JSON text, or throws `malformed`. */
export function parseJson(text: string, what = "the body"): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new OctopusError("malformed", `${what} is not valid JSON: ${(error as SyntaxError).message}`);
  }
}
