/** One line on the terminal about how far the jobs are; it makes way for their output. */
import { formatDuration } from "../../base/duration.ts";

const EVERY_MS = 200;
const ERASE = "\r\x1b[K";

export interface Counts {
  done: number;
  failed: number;
  running: number;
  /** Undefined while the input is still read. */
  total: number | undefined;
}

export interface Progress {
  /** Before output is printed. */
  clear(): void;
  end(): void;
}

export function startProgress(counts: () => Counts, stream: NodeJS.WriteStream): Progress {
  const begun = performance.now();
  let isShown = false;
  const show = (): void => {
    const line = lineOf(counts(), performance.now() - begun);
    stream.write(ERASE + line.slice(0, Math.max(20, (stream.columns || 80) - 1)));
    isShown = true;
  };
  const clear = (): void => {
    if (isShown) stream.write(ERASE);
    isShown = false;
  };
  const timer = setInterval(show, EVERY_MS);
  return {
    clear,
    end() {
      clearInterval(timer);
      clear();
      stream.write(`${lineOf(counts(), performance.now() - begun)}\n`);
    },
  };
}

function lineOf({ done, failed, running, total }: Counts, ms: number): string {
  const perSecond = done / (ms / 1000);
  const of = total === undefined ? `${done} done` : `${done}/${total} done (${percent(done, total)} %)`;
  const left =
    total === undefined || done === 0 ? "" : `, ${formatDuration(Math.round((total - done) / perSecond) * 1000)} left`;
  return `${of}, ${running} running, ${failed} failed, ${perSecond.toFixed(1)}/s${left}`;
}

function percent(done: number, total: number): number {
  return total === 0 ? 100 : Math.floor((100 * done) / total);
}
