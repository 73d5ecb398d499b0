/** Which totals of arms a turn has to carry: all in the first turn of a term, then those that changed. */
import type { ArmSummary } from "../engine/ports.ts";
import type { ArmTotals, RecordSummary } from "./record.ts";

export class ArmChanges {
  /** As the newest kept turn left them; undefined: nobody knows. */
  #kept: Map<string, ArmTotals> | undefined;
  #next: Map<string, ArmTotals> | undefined;

  /** The next turn carries all of them. */
  forget(): void {
    this.#kept = undefined;
  }

  of(arms: Iterable<ArmSummary>): Pick<RecordSummary, "arms" | "all" | "gone"> {
    const kept = this.#kept;
    const next = new Map<string, ArmTotals>();
    const changed: Record<string, ArmTotals> = {};
    for (const { name, processed, failed, lastRunAt } of arms) {
      const totals: ArmTotals = [processed, failed, lastRunAt];
      const old = kept?.get(name);
      const isSame = old?.every((value, index) => value === totals[index]) ?? false;
      next.set(name, isSame ? old! : totals);
      if (!isSame) changed[name] = totals;
    }
    this.#next = next;
    if (kept === undefined) return { arms: changed, all: true };
    const gone = [...kept.keys()].filter((name) => !next.has(name));
    return { arms: changed, ...(gone.length > 0 && { gone }) };
  }

  /** The turn that was asked for last counts. */
  kept(): void {
    this.#kept = this.#next;
  }
}
