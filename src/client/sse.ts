/** Reads server-sent events out of bytes that may be cut anywhere. */

export interface ServerEvent {
  /** `message` when the server named none. */
  event: string;
  data: string;
  /** Id of the newest event that had one. */
  id: string | undefined;
}

/** Longest event that is accepted, in characters: a bound on what a broken server can make us hold. */
const EVENT_CHARS_MAX = 64 * 1024 * 1024;

/** The events in `chunks`, in order. A last event without its blank line was cut off, and is dropped. */
export async function* readEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  let event = "";
  let data: string[] = [];
  let id: string | undefined;
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    if (rest.length > EVENT_CHARS_MAX) throw new RangeError(`an event is longer than ${EVENT_CHARS_MAX} characters`);
    let from = 0;
    for (;;) {
      const end = rest.indexOf("\n", from);
      if (end === -1) break;
      const line = rest.slice(from, rest.charCodeAt(end - 1) === 13 && end > from ? end - 1 : end);
      from = end + 1;
      if (line === "") {
        if (data.length > 0 || event !== "") yield { event: event || "message", data: data.join("\n"), id };
        event = "";
        data = [];
        continue;
      }
      const colon = line.indexOf(":");
      const field = colon === -1 ? line : line.slice(0, colon);
      const value = colon === -1 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
      if (field === "data") data.push(value);
      else if (field === "event") event = value;
      else if (field === "id") id = value;
    }
    rest = rest.slice(from);
  }
}
