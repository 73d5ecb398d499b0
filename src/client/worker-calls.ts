/** Workers: what they are and use, who may be one. */
import type { WorkerState } from "../base/words.ts";
import type { UsageHistory, WaitingWorkerView, WorkerDetail, WorkerView } from "../protocol/worker-views.ts";
import { PluginCalls } from "./plugin-calls.ts";
import { segment, withQuery } from "./query.ts";

export interface WorkerQuery {
  state?: readonly WorkerState[];
  /** Of their labels: `gpu, zone in (attic, cellar)`. */
  labels?: string;
}

export class WorkerCalls extends PluginCalls {
  /** Every worker that was ever here and was not removed. */
  workers(query: WorkerQuery = {}): Promise<WorkerView[]> {
    const { state, labels } = query;
    return this.items(withQuery("/workers", { state: state?.join(","), labels }));
  }

  /** The worker, with what runs there. */
  worker(name: string): Promise<WorkerDetail> {
    return this.get(`/workers/${segment(name)}`);
  }

  workerUsage(name: string, span: "hour" | "day" = "hour"): Promise<UsageHistory> {
    return this.get(withQuery(`/workers/${segment(name)}/usage`, { span }));
  }

  /** Of these workers (all), in at most `points` (60) points each. */
  usages(
    question: { span?: "hour" | "day"; points?: number; workers?: readonly string[] } = {},
  ): Promise<UsageHistory[]> {
    const { span, points, workers } = question;
    return this.items(withQuery("/usage", { span, points, workers: workers?.join(",") }));
  }

  /** Lets it end what it runs and gives it nothing new, until it is resumed. */
  drainWorker(name: string): Promise<WorkerView> {
    return this.send("POST", `/workers/${segment(name)}/drain`, {});
  }

  resumeWorker(name: string): Promise<WorkerView> {
    return this.send("POST", `/workers/${segment(name)}/resume`, {});
  }

  /** Takes a worker that is gone off the list, with its keys. */
  removeWorker(name: string): Promise<void> {
    return this.remove(`/workers/${segment(name)}`);
  }

  /** Workers without a token that wait to be let in. */
  waitingWorkers(): Promise<WaitingWorkerView[]> {
    return this.items("/workers/waiting");
  }

  /** Lets a worker in that waits; `key` (or its fingerprint) says which, where several ask for the name. */
  approveWorker(name: string, key?: string): Promise<{ name: string; key: string; fingerprint: string }> {
    return this.send("POST", `/workers/${segment(name)}/approve`, key === undefined ? {} : { key });
  }

  /** Turns a worker away that waits, or takes the right from one that was let in. */
  denyWorker(name: string, key?: string): Promise<{ name: string; fingerprints: string[] }> {
    return this.send("POST", `/workers/${segment(name)}/deny`, key === undefined ? {} : { key });
  }
}
