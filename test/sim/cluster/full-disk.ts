/**
 * Tables on a disk that is full now and then: what was begun is taken back whole, as SQLite does it, and whoever wrote hears of
 * it. That may be a leader before or after its record is in the log, and whoever follows in the midst of many turns.
 */
import { OctopusError } from "../../../src/base/errors.ts";
import type { ReplicaTables } from "../../../src/cluster/replica-tables.ts";

/** `fails`: asked at each write. */
export function onFullDisk(tables: ReplicaTables, fails: () => boolean): ReplicaTables {
  const orFull = (): void => {
    if (fails()) throw new OctopusError("storage_full", "the simulated disk is full", { retryable: true });
  };
  const orBack = (): void => {
    try {
      orFull();
    } catch (error) {
      tables.rollback();
      throw error;
    }
  };
  const begin: ReplicaTables["begin"] = (turns, position) => {
    tables.begin(turns, position);
    orBack();
  };
  const commit = (): void => {
    orBack();
    tables.commit();
  };
  return {
    ...{ begin, commit },
    apply(turns, position) {
      begin(turns, position);
      commit();
    },
    async replaceBy(chunks) {
      orFull();
      await tables.replaceBy(chunks);
    },
    clear() {
      orFull();
      tables.clear();
    },
    async keepAside(why) {
      orFull();
      return tables.keepAside(why);
    },
    async copy() {
      orFull();
      return tables.copy();
    },
    probe: () => !fails() && tables.probe(),
    applied: () => tables.applied(),
    load: () => tables.load(),
    rollback: () => tables.rollback(),
    artifacts: () => tables.artifacts(),
    artifactUsed: (hash) => tables.artifactUsed(hash),
  };
}
