/**
 * Puts frames on the terminal through Ink, which writes only what differs from the frame before. After the terminal was
 * somebody else's, or has another size, a new drawing begins from an empty screen. Until Ink is there, each frame is written
 * whole: the first one does not wait for it.
 */
import { PassThrough } from "node:stream";
import type { Frame } from "./frame.ts";
import { grounded } from "./looks.ts";
import type { Instance } from "./ink.ts";
import { painted } from "./sgr.ts";
import type { Line } from "./spans.ts";
import type { State } from "./state.ts";
import type { Terminal } from "./terminal.ts";

type Ink = typeof import("./ink.ts");

export interface Drawing {
  draw(state: State, frame: Frame): void;
  /** From the next frame on, Ink draws. */
  use(ink: Ink): void;
  /** Forgets what stands on the screen. */
  reset(): void;
  end(): void;
}

const CLEAR = "\u001b[0m\u001b[H\u001b[2J";

export function createDrawing(terminal: Terminal): Drawing {
  let ink: Ink | undefined;
  let instance: Instance | undefined;
  let isMuted = false;
  let last: readonly string[] = [];
  /** As Ink sees the terminal: it asks for the size, and writes. */
  const begin = ({ render, createElement, Box }: Ink): Instance => {
    const out = new PassThrough() as PassThrough & { isTTY: boolean; columns: number; rows: number };
    Object.assign(out, { isTTY: true, ...terminal.size });
    // The screen is emptied in the write that fills it again, or it would be seen empty.
    let chunks = CLEAR;
    let isFlushing = false;
    // One write for each frame: what comes apart over a slow line is seen half drawn.
    out.on("data", (chunk: Buffer) => {
      if (isMuted) return;
      if (!isFlushing) queueMicrotask(() => flush());
      isFlushing = true;
      chunks += chunk.toString("utf8");
    });
    const flush = (): void => {
      const text = chunks;
      chunks = "";
      isFlushing = false;
      if (!isMuted && text !== "") terminal.write(text);
    };
    return render(createElement(Box, {}), {
      stdout: out as unknown as NodeJS.WriteStream,
      interactive: true,
      exitOnCtrlC: false,
      patchConsole: false,
      incrementalRendering: true,
      maxFps: 1000,
    });
  };
  const end = (): void => {
    // What Ink writes when it ends is about a screen that is not there any more.
    isMuted = true;
    instance?.unmount();
    instance?.cleanup();
    instance = undefined;
    isMuted = false;
    last = [];
  };
  return {
    draw(state, frame) {
      const lines = frame.lines.map((line) => painted(grounds(line, state), state.depth));
      const isSame = lines.length === last.length && lines.every((line, i) => line === last[i]);
      if (isSame && (instance !== undefined || ink === undefined)) return;
      last = lines;
      if (ink === undefined) return terminal.write(CLEAR + lines.join("\r\n"));
      instance ??= begin(ink);
      const { createElement, Box, Text } = ink;
      const rows = lines.map((line, i) =>
        createElement(Text, { key: i, wrap: "truncate-end" }, line === "" ? " " : line),
      );
      instance.rerender(createElement(Box, { flexDirection: "column", width: state.size.columns }, ...rows));
    },
    use(loaded) {
      ink = loaded;
    },
    reset: end,
    end,
  };
}

function grounds(line: Line, { ground }: State): Line {
  return ground === "light" ? line.map(({ text, look }) => ({ text, look: grounded(look, ground) })) : line;
}
