/** Whether the server still answers. Also finds what was lost on the way: its answer is numbered. */

/** Heartbeats without a sign after which a session counts as dead. */
const SILENT_BEATS = 3;
/** A server with many workers wants few heartbeats. Each is then time enough for an answer. */
const LONG_MS = 8000;

export interface SilenceOptions {
  ask(): void;
  silent(): void;
  /** Attempts run here, so that the worker has to be back before its lease ends. */
  isBusy(): boolean;
}

export class SilenceWatch {
  readonly #options: SilenceOptions;
  #timer: NodeJS.Timeout | undefined;
  #everyMs = 0;
  /**
   * Beats since the last sign. Counted, not measured: a function that holds this loop for a minute also keeps what the
   * server said meanwhile from being read.
   */
  #beats = 0;

  constructor(options: SilenceOptions) {
    this.#options = options;
  }

  start(everyMs: number): void {
    if (everyMs === this.#everyMs) return;
    clearInterval(this.#timer);
    this.#everyMs = everyMs;
    this.#timer = setInterval(() => this.#beat(), everyMs).unref();
  }

  heard(): void {
    this.#beats = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    this.#beats++;
    const isLong = this.#everyMs >= LONG_MS;
    const most = isLong ? (this.#options.isBusy() ? 1 : 2) : SILENT_BEATS;
    if (this.#beats > most) return this.#options.silent();
    this.#options.ask();
  }
}
