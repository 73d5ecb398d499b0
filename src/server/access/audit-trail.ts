/**
 * What becomes rows of the audit log. Gathers them, so that the log costs no request anything, and counts what comes again
 * and again in one row.
 *
 * AT1  Of refusals of the same kind, to the same, there is one row in ten seconds; and of all of them together a bounded
 *      number, whoever makes them: beyond it they are counted without a name.
 * AT2  What was done has a row of its own for each, but submissions: these are counted, as there may be 100,000 a second.
 * AT3  A row is on the disk soon after its answer, not before it. When the log cannot be written, work goes on, with a
 *      warning, and rows wait up to a bound.
 */
import type { Audit, AuditEntry } from "../../engine/ports.ts";
import type { Principal } from "../../protocol/access.ts";
import type { Log } from "../options.ts";

/** Rows are written this long after the first that waits, or when so many wait. */
const WRITE_MS = 1000;
const WRITE_ROWS = 500;
/** Time in which the same is counted in one row. */
const SPAN_MS = 10_000;
const KINDS_MAX = 1000;
const WAITING_MAX = 20_000;
const TEXT_MAX = 500;
const PRUNE_MS = 600_000;
const ROWS_MAX = 1_000_000;

export type Deed = Omit<AuditEntry, "at" | "times" | "outcome">;

export interface AuditOptions {
  audit: Audit | undefined;
  /** Time that rows are kept. */
  keepMs: number;
  log: Log;
  now(): number;
}

export class AuditTrail {
  readonly #options: AuditOptions;
  #waiting: AuditEntry[] = [];
  /** What is being counted, by kind. */
  #counted = new Map<string, AuditEntry>();
  readonly #submissions = new Map<Principal, AuditEntry>();
  #writing: NodeJS.Timeout | undefined;
  #counting: NodeJS.Timeout | undefined;
  #prunedAt = 0;
  /** The log could not be written the last time. */
  #isFailing = false;
  /** Rows for which there was no room while it could not. */
  #lost = 0;

  constructor(options: AuditOptions) {
    this.#options = options;
  }

  /** Something was changed. */
  done(deed: Deed): void {
    if (this.#options.audit === undefined) return;
    this.#push({ ...clipped(deed), at: this.#options.now(), outcome: "done", times: 1 });
  }

  /** Somebody was refused. */
  refused(deed: Deed): void {
    this.#count(deed, "refused");
  }

  /** Something came to pass that somebody should know of, and may come again and again. */
  noted(deed: Deed): void {
    this.#count(deed, "done");
  }

  /** Somebody was allowed, and it did not come to pass. */
  failed(deed: Deed): void {
    this.#count(deed, "failed");
  }

  /** So many tasks were submitted; the first of them stands for all. */
  submitted(principal: Principal, address: () => string, count: number, first: string): void {
    if (this.#options.audit === undefined) return;
    const row = this.#submissions.get(principal);
    if (row !== undefined) {
      row.times += count;
      return;
    }
    const at = this.#options.now();
    const entry = { who: principal.who, address: address(), action: "task.submit", subject: first };
    this.#submissions.set(principal, { ...clipped(entry), at, outcome: "done", times: count });
    this.#startCounting();
  }

  flush(): void {
    clearTimeout(this.#writing);
    this.#writing = undefined;
    const { audit, log, now, keepMs } = this.#options;
    if (audit === undefined || this.#waiting.length === 0) return;
    const rows = this.#waiting;
    this.#waiting = [];
    if (this.#lost > 0) rows.push(this.#lostRow());
    try {
      audit.append(rows);
      this.#isFailing = false;
      this.#lost = 0;
      if (now() - this.#prunedAt < PRUNE_MS) return;
      this.#prunedAt = now();
      audit.prune(now() - keepMs, ROWS_MAX);
    } catch (error) {
      this.#waiting = rows.slice(0, WAITING_MAX);
      if (!this.#isFailing) log.warn({ err: error }, "the audit log cannot be written; its rows wait");
      this.#isFailing = true;
      this.#startWriting();
    }
  }

  /** Writes everything, also what is still being counted: for whoever reads the log now, and at the end. */
  settle(): void {
    this.#endCounting();
    this.flush();
  }

  /** Writes everything, and is done. */
  close(): void {
    this.settle();
    clearTimeout(this.#writing);
  }

  #count(deed: Deed, outcome: AuditEntry["outcome"]): void {
    if (this.#options.audit === undefined) return;
    const kind = `${outcome}\n${deed.who}\n${deed.address ?? ""}\n${deed.action}`;
    const row = this.#counted.get(kind);
    if (row !== undefined) {
      row.times += 1;
      return;
    }
    const at = this.#options.now();
    if (this.#counted.size < KINDS_MAX) this.#counted.set(kind, { ...clipped(deed), at, outcome, times: 1 });
    else {
      const detail = `more than ${KINDS_MAX} kinds of refusals in ${SPAN_MS / 1000} s: these have no row of their own`;
      const rest = this.#counted.get(deed.action);
      if (rest !== undefined) rest.times += 1;
      else
        this.#counted.set(deed.action, {
          who: "many",
          action: deed.action.slice(0, 100),
          detail,
          at,
          outcome,
          times: 1,
        });
    }
    this.#startCounting();
  }

  #startCounting(): void {
    this.#counting ??= setTimeout(() => this.#endCounting(), SPAN_MS).unref();
  }

  #endCounting(): void {
    clearTimeout(this.#counting);
    this.#counting = undefined;
    for (const row of this.#counted.values()) this.#push(row);
    for (const row of this.#submissions.values()) this.#push(row);
    this.#counted = new Map();
    this.#submissions.clear();
  }

  #push(row: AuditEntry): void {
    if (this.#waiting.length >= WAITING_MAX) this.#lost += 1;
    else this.#waiting.push(row);
    if (this.#waiting.length >= WRITE_ROWS && !this.#isFailing) this.flush();
    else this.#startWriting();
  }

  #lostRow(): AuditEntry {
    const detail = "rows for which there was no room while the log could not be written";
    return {
      who: "server",
      action: "audit.lost",
      detail,
      at: this.#options.now(),
      outcome: "failed",
      times: this.#lost,
    };
  }

  #startWriting(): void {
    this.#writing ??= setTimeout(() => this.flush(), WRITE_MS).unref();
  }
}

function clipped(deed: Deed): Deed {
  return {
    who: clip(deed.who)!,
    action: clip(deed.action)!,
    address: clip(deed.address),
    subject: clip(deed.subject),
    detail: clip(deed.detail),
  };
}

function clip(text: string | undefined): string | undefined {
  return text !== undefined && text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
}
