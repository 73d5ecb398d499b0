/** Frames as they are on the wire: text, or the same packed with zstd. What they hold is `link-check.ts`'s. */
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { FRAME_BYTES_MAX, PACK_BYTES_MIN } from "../protocol/link.ts";

/** Before its hello was taken a worker is anybody; a hello with 200,000 attempts is smaller. */
export const HELLO_BYTES_MAX = 8 * 1024 * 1024;

/** Packing is to save the network, not to cost more than it: the quickest level. */
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** The text of a frame; or, in an object, what is wrong with it. A small frame that unpacks to a huge one is not unpacked. */
export function textOfFrame(data: Buffer, isPacked: boolean, bytesMax = FRAME_BYTES_MAX): string | { fault: string } {
  if (data.length > bytesMax) return { fault: `a frame holds ${data.length} bytes; at most ${bytesMax} are read here` };
  if (!isPacked) return data.toString("utf8");
  try {
    return zstdDecompressSync(data, { maxOutputLength: bytesMax }).toString("utf8");
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE"
      ? { fault: `a packed frame holds more than ${bytesMax} bytes` }
      : { fault: "a binary frame is not packed with zstd" };
  }
}

/** The frame as it is sent to somebody who reads packed ones. */
export function packed(text: string): string | Buffer {
  return text.length < PACK_BYTES_MIN ? text : zstdCompressSync(text, LEVEL);
}
