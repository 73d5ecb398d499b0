/** Messages to frames and back. Large frames are packed where the other side can unpack them (L4 of the link). */
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { formatSize } from "../../base/duration.ts";
import { FRAME_BYTES_MAX, type FromWorker, PACK_BYTES_MIN, type ToWorker } from "../../protocol/link.ts";

/** A quick level: what is packed is mostly text that repeats itself. */
const LEVEL = { [constants.ZSTD_c_compressionLevel]: 1 };

/** The server cannot read larger ones; a letter takes at most three bytes. */
const SURE_LENGTH = FRAME_BYTES_MAX / 3;

/** The frames that carry these messages, in order: one, unless it would be too large. */
export function encodeFrames(messages: readonly FromWorker[], packs: boolean): (string | Buffer)[] {
  const text = JSON.stringify(messages);
  if (text.length <= SURE_LENGTH || Buffer.byteLength(text) <= FRAME_BYTES_MAX) return [pack(text, packs)];
  if (messages.length > 1) return messages.flatMap((message) => encodeFrames([message], packs));
  const [message] = messages;
  // Repeated for ever otherwise: the connection would break with each try.
  if (message!.type === "result") return [pack(JSON.stringify([tooLarge(message!, text.length)]), packs)];
  if (message!.type === "log" && message!.chunks.length > 1) {
    const half = message!.chunks.length >> 1;
    const { chunks } = message!;
    return [chunks.slice(0, half), chunks.slice(half)].flatMap((part) =>
      encodeFrames([{ type: "log", chunks: part }], packs),
    );
  }
  return [];
}

function pack(text: string, packs: boolean): string | Buffer {
  return packs && text.length >= PACK_BYTES_MIN ? zstdCompressSync(text, { params: LEVEL }) : text;
}

function tooLarge(message: Extract<FromWorker, { type: "result" }>, bytes: number): FromWorker {
  const most = formatSize(FRAME_BYTES_MAX);
  const text = `its result has ${formatSize(bytes)} as JSON, and the way to the server takes ${most}; leave it as a file (artifact)`;
  return {
    ...message,
    report: { outcome: "failed", error: { message: text, kind: "result" }, retryable: false },
  };
}

/** Throws for what is no frame. */
export function decodeFrame(data: Buffer, isBinary: boolean): ToWorker[] {
  const text = isBinary ? zstdDecompressSync(data, { maxOutputLength: FRAME_BYTES_MAX }) : data;
  const messages: unknown = JSON.parse(text.toString("utf8"));
  if (!Array.isArray(messages)) throw new TypeError("a frame must be an array of messages");
  return messages as ToWorker[];
}
