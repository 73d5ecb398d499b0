/** What others are told of a shard on this server: its role, whether it is ready, and what went wrong. */
import { OctopusError } from "../base/errors.ts";
import type { Clock, Log } from "../engine/ports.ts";
import type { Members } from "./members.ts";
import type { Trouble } from "./repair.ts";
import type { Applied } from "./replica-tables.ts";
import type { ShardRole } from "./shard-options.ts";

const TROUBLES_KEPT = 50;
/** The same words are said again after so long. */
const AGAIN_MS = 30_000;
const CATCHING_UP = "it has not caught up with the log yet";

export class ShardState {
  readonly troubles: (Trouble & { at: number })[] = [];
  readonly counts = new Map<Trouble["type"], number>();
  /** It never leads here again. */
  isRetired = false;
  readonly #options: { shard: string; clock: Clock; log: Log; onTrouble?(trouble: Trouble): void };
  readonly #listeners = new Set<(role: ShardRole) => void>();
  #role: ShardRole = "follower";
  #roleSince: number;
  #notReady: string | undefined = CATCHING_UP;
  #isTooOld = false;
  /** What was said of late, and when. */
  readonly #said = new Map<string, number>();

  constructor(
    options: { shard: string; clock: Clock; log: Log; members: Members; onTrouble?(trouble: Trouble): void },
    position: () => Applied,
  ) {
    this.#options = options;
    this.#roleSince = options.clock.elapsed();
    options.members.report(options.shard, () => {
      const trouble = this.#notReady;
      const { seq, term, epoch, chain } = position();
      const more = { ...(trouble !== undefined && { trouble }), ...(this.isRetired && { retired: true as const }) };
      const old = this.#isTooOld && { tooOld: true as const };
      return { seq, term, epoch, chain, role: this.#role, ...more, ...old };
    });
  }

  get role(): ShardRole {
    return this.#role;
  }

  /** By the clock that only measures. */
  get roleSince(): number {
    return this.#roleSince;
  }

  /** Undefined: the log is followed and was caught up with. Else why not. */
  get notReady(): string | undefined {
    return this.#notReady;
  }

  onRole(listener: (role: ShardRole) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  become(role: ShardRole): void {
    if (this.#role === role) return;
    this.#role = role;
    this.#roleSince = this.#options.clock.elapsed();
    for (const listener of this.#listeners) listener(role);
  }

  fits(): void {
    this.#isTooOld = false;
    this.#notReady = undefined;
  }

  /** True where that is news. */
  waits(why: string | undefined): boolean {
    const isNews = this.#notReady !== why;
    this.#notReady = why ?? CATCHING_UP;
    return isNews;
  }

  cannotFollow(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.#notReady = why;
    this.#isTooOld = error instanceof OctopusError && error.code === "storage_newer";
    const { log, shard } = this.#options;
    if (this.#isNew(why)) log.error({ shard, cause: why }, "the shard cannot be followed now");
  }

  loud(trouble: Trouble): void {
    const { log, shard, clock, onTrouble } = this.#options;
    this.counts.set(trouble.type, (this.counts.get(trouble.type) ?? 0) + 1);
    if (!this.#isNew(`${trouble.words} ${JSON.stringify(trouble.detail)}`)) return;
    const level = trouble.type === "bootstrap" ? "warn" : "error";
    log[level]({ shard, ...trouble.detail }, trouble.words);
    this.troubles.push({ ...trouble, at: clock.now() });
    if (this.troubles.length > TROUBLES_KEPT) this.troubles.shift();
    onTrouble?.(trouble);
  }

  #isNew(text: string): boolean {
    const now = this.#options.clock.elapsed();
    const said = this.#said.get(text);
    if (said !== undefined && now - said < AGAIN_MS) return false;
    if (this.#said.size >= TROUBLES_KEPT) this.#said.clear();
    this.#said.set(text, now);
    return true;
  }
}
