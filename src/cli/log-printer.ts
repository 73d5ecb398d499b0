/** Prints output of tasks: as it is, or line by line with the task's name or the time before each line. */
import type { LogLine } from "../protocol/views.ts";
import { clockTime } from "../view/time.ts";
import type { Paint } from "../view/paint.ts";

export interface LogPrinter {
  print(line: LogLine): void;
  /** Prints what has no end of line yet. */
  end(): void;
}

/** The bytes of a piece of output. */
export function bytesOf(line: LogLine): Buffer {
  return line.base64 === undefined ? Buffer.from(line.text ?? "") : Buffer.from(line.base64, "base64");
}

const NEWLINE = 10;

/** Prints the bytes as they were printed. What the worker itself has to say of them (`log`) stands on lines of its own. */
export function createRawPrinter(write: (bytes: Uint8Array) => void): LogPrinter {
  let last = NEWLINE;
  const put = (bytes: Buffer): void => {
    write(bytes);
    last = bytes.at(-1) ?? last;
  };
  const endLine = (): void => {
    if (last !== NEWLINE) put(Buffer.from([NEWLINE]));
  };
  return {
    print(line) {
      if (line.stream === "log") endLine();
      put(bytesOf(line));
      if (line.stream === "log") endLine();
    },
    end: () => undefined,
  };
}

/** Prints whole lines, each with a prefix; standard error in another colour. */
export function createLinePrinter(
  write: (text: string) => void,
  options: { prefix: string; timestamps: boolean; paint: Paint },
): LogPrinter {
  const rests = new Map<LogLine["stream"], { text: string; at: string }>();
  const put = (stream: LogLine["stream"], text: string, at: string): void => {
    const time = options.timestamps ? `${clockTime(Date.parse(at))}  ` : "";
    write(
      `${options.paint("grey", time + options.prefix)}${stream === "stderr" ? options.paint("red", text) : text}\n`,
    );
  };
  return {
    print(line) {
      const before = rests.get(line.stream);
      const lines = ((before?.text ?? "") + bytesOf(line).toString("utf8")).split("\n");
      const rest = lines.pop()!;
      lines.forEach((text, i) =>
        put(line.stream, text.replace(/\r$/, ""), i === 0 ? (before?.at ?? line.at) : line.at),
      );
      rests.set(line.stream, { text: rest, at: line.at });
    },
    end() {
      for (const [stream, { text, at }] of rests) if (text !== "") put(stream, text, at);
      rests.clear();
    },
  };
}
