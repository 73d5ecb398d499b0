/** Packs messages to a worker into frames that it accepts. */
import type { ToWorker } from "../protocol/link.ts";

/** Characters of one frame. A character takes at most three bytes, so this stays under the 32 MiB of the link. */
const FRAME_CHARS_MAX = 10 * 1024 * 1024;

/** Frames that hold `messages` in order. */
export function packFrames(messages: readonly ToWorker[], charsMax = FRAME_CHARS_MAX): string[] {
  const text = JSON.stringify(messages);
  if (text.length <= charsMax) return [text];
  if (messages.length > 1) {
    const half = messages.length >> 1;
    return [...packFrames(messages.slice(0, half), charsMax), ...packFrames(messages.slice(half), charsMax)];
  }
  const [only] = messages;
  if (only?.type !== "assign" || only.tasks.length < 2) return [text];
  const half = only.tasks.length >> 1;
  return packFrames(
    [
      { type: "assign", tasks: only.tasks.slice(0, half) },
      { type: "assign", tasks: only.tasks.slice(half) },
    ],
    charsMax,
  );
}
