/** Arms and quotas: what people set, and what they see of them. */
import { OctopusError } from "../base/errors.ts";
import { isBuiltIn } from "../core/limits/arms.ts";
import type { Quota } from "../core/asks.ts";
import type { ArmChange, Command, NewTask } from "../core/command.ts";
import { armRefusal } from "../core/limits/decide-limits.ts";
import type { Reply } from "../core/reply.ts";
import type { State } from "../core/state.ts";
import type { ArmDetail, ArmView, QuotaView } from "../protocol/views.ts";
import { armDetail, armView, quotaView } from "./arm-view.ts";
import type { Clock } from "./ports.ts";
import { rejected } from "./refusals.ts";
import type { World } from "./submission.ts";
import type { Turns } from "./turns.ts";

/** Most quotas that can be set; each is looked at when that of `*` changes. */
const QUOTAS_MAX = 100_000;
/** Most arms; placement looks at each in every turn. */
const ARMS_MAX = 1000;

export class Limits {
  readonly #turns: Turns;
  readonly #clock: Clock;

  constructor(turns: Turns, clock: Clock) {
    this.#turns = turns;
    this.#clock = clock;
  }

  async configureArm(name: string, change: ArmChange): Promise<ArmView> {
    await this.#ask((state) => {
      if (!state.arms.has(name) && state.arms.size >= ARMS_MAX) {
        throw new OctopusError("conflict", `there are ${state.arms.size} arms, and at most ${ARMS_MAX} are allowed`);
      }
      return { type: "ConfigureArm", arm: name, ...change };
    });
    const arm = this.#turns.state.arms.get(name);
    if (arm === undefined) throw new OctopusError("not_found", `arm ${name} was removed at the same moment`);
    return armView(arm);
  }

  async removeArm(name: string): Promise<void> {
    await this.#ask(() => {
      if (!isBuiltIn(name)) return { type: "RemoveArm", arm: name };
      throw new OctopusError("conflict", `arm ${name} is one of the default ones and stays; pause it, or drain it`);
    });
  }

  arm(name: string): ArmDetail | undefined {
    const { state } = this.#turns;
    const arm = state.arms.get(name);
    return arm && armDetail(state, arm);
  }

  async setQuota(owner: string, quota: Quota): Promise<QuotaView> {
    await this.#ask((state) => {
      const { quotas } = state.limits.gates;
      if (!quotas.has(owner) && quotas.size >= QUOTAS_MAX) {
        throw new OctopusError("conflict", `there are ${quotas.size} quotas, and at most ${QUOTAS_MAX} are allowed`);
      }
      return { type: "SetQuota", owner, quota };
    });
    return quotaView(this.#turns.state, owner, quota, this.#clock.now());
  }

  async removeQuota(owner: string): Promise<void> {
    await this.#ask((state) => {
      if (state.limits.gates.quotas.has(owner)) return { type: "SetQuota", owner, quota: undefined };
      throw new OctopusError("not_found", `owner ${owner} has no quota`);
    });
  }

  quotas(): QuotaView[] {
    const { state } = this.#turns;
    const now = this.#clock.now();
    return [...state.limits.gates.quotas]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([owner, quota]) => quotaView(state, owner, quota, now));
  }

  async #ask(command: (state: State) => Command): Promise<Reply> {
    const reply = await this.#turns.ask(command);
    if (!reply.ok) throw rejected(reply.rejection);
    return reply;
  }
}

/** Looks over a submission that is too large for one turn: is there room for all of it in its arms? */
export class RoomCheck {
  readonly #more = new Map<string, number>();

  /** To be called for each stretch of tasks in order; throws when there is none. */
  check(tasks: readonly NewTask[], from: number, { state, library }: World): void {
    const isNew = ({ key }: NewTask): boolean =>
      key === undefined || (!state.keys.has(key) && library.findKey(key) === undefined);
    const rejection = armRefusal(state, tasks, isNew, this.#more);
    if (rejection !== undefined) throw rejected({ ...rejection, index: rejection.index + from });
  }
}
