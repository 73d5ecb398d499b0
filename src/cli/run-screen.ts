/** Shows a run while it goes: a picture that is redrawn on a terminal, plain lines elsewhere, nothing for programs. */
import type { RunDetail } from "../protocol/run-views.ts";
import type { Beside } from "../view/run-words.ts";
import { createRunLines, runPicture, summaryLine } from "../view/run-picture.ts";
import type { Output } from "./output.ts";

export interface RunScreen {
  show(run: RunDetail, beside?: Beside): void;
  /** A line that stays, above the picture. */
  say(text: string): void;
  /** Leaves the last picture, or the last line, standing. */
  end(run: RunDetail | undefined): void;
}

const FRAME_MS = 100;

export function createRunScreen(out: Output): RunScreen {
  if (out.mode !== "table") return { show: () => undefined, say: () => undefined, end: () => undefined };
  return out.isLive ? createPicture(out) : createLines(out);
}

function createLines(out: Output): RunScreen {
  const newLines = createRunLines();
  const show = (run: RunDetail): void => {
    for (const line of newLines(run)) out.raw(`${line}\n`);
  };
  return {
    show,
    say: (text) => out.note(text),
    end(run) {
      if (run === undefined) return;
      show(run);
      out.raw(`${summaryLine(run, { paint: out.paint, now: Date.now() })}\n`);
    },
  };
}

function createPicture(out: Output): RunScreen {
  let run: RunDetail | undefined;
  let beside: Beside = {};
  let drawn = 0;
  const erase = (): string => (drawn === 0 ? "" : `\u001b[${drawn}A\u001b[0J`);
  const draw = (): void => {
    if (run === undefined) return;
    // A terminal that does not know its size says 0.
    const columns = process.stdout.columns || 80;
    const rows = process.stdout.rows || 24;
    const lines = runPicture(run, { columns, rows, paint: out.paint, now: Date.now() }, beside);
    // One write per frame, so that the picture never shows half of itself.
    out.raw(`${erase()}${lines.join("\n")}\n`);
    drawn = lines.length;
  };
  const timer = setInterval(draw, FRAME_MS);
  return {
    show(next, more = {}) {
      run = next;
      beside = more;
    },
    say(text) {
      out.raw(`${erase()}${text}\n`);
      drawn = 0;
      draw();
    },
    end(last) {
      clearInterval(timer);
      run = last ?? run;
      draw();
    },
  };
}
