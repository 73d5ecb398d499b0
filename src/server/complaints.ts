/**
 * Tells of workers that were refused, or that say what no worker says. The audit log counts all of it; the log of the
 * server has a line for the first of a kind, and how many came since with the next.
 *
 * CO1  Nobody fills the log by asking again and again, on however many connections; nor memory, under however many names.
 */
import type { Deed } from "./access/audit-trail.ts";
import type { ServerScope } from "./scope.ts";

/** Between two lines about the same. */
const QUIET_MS = 60_000;
const KINDS_MAX = 1000;

export class Complaints {
  readonly #scope: ServerScope;
  /** By address, action and name: when it was said, and how often it was not said since. */
  readonly #said = new Map<string, { at: number; unsaid: number }>();

  constructor(scope: ServerScope) {
    this.#scope = scope;
  }

  tell(deed: Deed): void {
    const { audit, options } = this.#scope;
    audit.refused(deed);
    const kind = `${deed.address}\n${deed.action}\n${deed.subject}`;
    const known = this.#said.get(kind);
    const now = Date.now();
    if (known !== undefined && now - known.at < QUIET_MS) {
      known.unsaid++;
      return;
    }
    if (known === undefined && this.#said.size >= KINDS_MAX) this.#said.clear();
    this.#said.set(kind, { at: now, unsaid: 0 });
    const { subject: worker, address, detail: reason } = deed;
    const more = known === undefined || known.unsaid === 0 ? {} : { unsaid: known.unsaid };
    options.log.warn({ worker, address, reason, ...more }, "a worker was refused");
  }
}
