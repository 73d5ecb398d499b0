/**
 * Tells connected workers which plugins there are, and keeps what they say of them. All of it is told after a welcome and
 * with each change: a worker then has a plugin before a task asks for it. Who runs one is told by the assignment.
 *
 * DI1  However much changes, workers are told at most every SPACING_MS: a hundred files that are dropped at once must not
 *      become a hundred lists for each of a thousand workers.
 */
import type { FromWorker } from "../../protocol/link.ts";
import type { AdapterCopy } from "../../protocol/plugin.ts";
import type { Clock } from "../ports.ts";
import type { Session, Sessions } from "../sessions.ts";
import type { Turns } from "../turns.ts";
import { copiesOf } from "./lookup.ts";

const SPACING_MS = 250;

export interface DistributionOptions {
  clock: Clock;
  adapters?: Readonly<Record<string, AdapterCopy>> | undefined;
}

export class Distribution {
  readonly #options: DistributionOptions;
  readonly #sessions: Sessions;
  readonly #turns: Turns;
  /** Plugins have changed since workers were told. */
  #changed = false;
  #toldAt = -Infinity;
  #cancel: (() => void) | undefined;

  constructor(options: DistributionOptions, sessions: Sessions, turns: Turns) {
    this.#options = options;
    this.#sessions = sessions;
    this.#turns = turns;
  }

  /** A worker that can have plugins was welcomed. */
  welcomed(session: Session): void {
    session.plugins = { ready: new Set(), failed: {}, had: new Map() };
    session.post(this.#message());
  }

  /** A plugin has another version, or is gone. */
  change(): void {
    this.#changed = true;
  }

  /** After a turn. */
  carryOut(): void {
    if (!this.#changed || this.#cancel !== undefined) return;
    const { clock } = this.#options;
    const due = this.#toldAt + SPACING_MS;
    if (clock.now() >= due) return this.#tell();
    this.#cancel = clock.wakeAt(due, () => {
      this.#cancel = undefined;
      this.#tell();
      this.#sessions.flush();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  told(session: Session, { ready, failed = {} }: Extract<FromWorker, { type: "plugins" }>): void {
    if (session.plugins === undefined) return;
    const { had } = session.plugins;
    const there = new Set(ready);
    for (const { name, versions } of this.#turns.state.plugins.values()) {
      for (const { version, hash } of versions.values()) {
        if (there.has(hash) && version > (had.get(name) ?? 0)) had.set(name, version);
      }
    }
    session.plugins = { ready: there, failed, had };
  }

  #tell(): void {
    this.#changed = false;
    this.#toldAt = this.#options.clock.now();
    const message = this.#message();
    for (const session of this.#sessions) if (session.plugins !== undefined) session.post(message);
  }

  #message() {
    const { adapters } = this.#options;
    const plugins = copiesOf(this.#turns.state.plugins);
    return { type: "plugins", plugins, ...(adapters !== undefined && { adapters: { ...adapters } }) } as const;
  }
}
