/** Arms, quotas, and pools of workers. */
import type { ArmSubmission, QuotaSubmission } from "../protocol/arm.ts";
import type { HistoryView } from "../protocol/history.ts";
import type * as views from "../protocol/views.ts";
import type { PoolView } from "../protocol/worker-views.ts";
import { segment, withQuery } from "./query.ts";
import { WorkerCalls } from "./worker-calls.ts";

export class LimitCalls extends WorkerCalls {
  arms(): Promise<views.ArmView[]> {
    return this.items("/arms");
  }

  /** The arm, and who holds its slots. */
  arm(name: string): Promise<views.ArmDetail> {
    return this.get(`/arms/${segment(name)}`);
  }

  /** Registers an arm, or changes it: what is left out stays as it is, null is the default. */
  configureArm(name: string, change: ArmSubmission): Promise<views.ArmView> {
    return this.send("PUT", `/arms/${segment(name)}`, change);
  }

  /** Pauses, resumes, drains or undrains an arm that is there. */
  switchArm(name: string, to: "pause" | "resume" | "drain" | "undrain"): Promise<views.ArmView> {
    return this.send("POST", `/arms/${segment(name)}/${to}`, {});
  }

  /** What went through the arms, or through one, in columns; kept in memory, so that it begins with the server. */
  history(minutes: 15 | 60 | 1440 = 15, arm?: string): Promise<HistoryView> {
    return this.get(withQuery("/history", { minutes, arm }));
  }

  /** Removes an arm that holds no tasks. */
  removeArm(name: string): Promise<void> {
    return this.remove(`/arms/${segment(name)}`);
  }

  pools(): Promise<PoolView[]> {
    return this.items("/pools");
  }

  quotas(): Promise<views.QuotaView[]> {
    return this.items("/quotas");
  }

  /** `*` is every owner without a quota of its own. What is left out has no limit. */
  setQuota(owner: string, quota: QuotaSubmission): Promise<views.QuotaView> {
    return this.send("PUT", `/quotas/${segment(owner)}`, quota);
  }

  removeQuota(owner: string): Promise<void> {
    return this.remove(`/quotas/${segment(owner)}`);
  }
}
