/** What a server of a cluster tells Prometheus of it, beside the metrics of the engine. */
import { Gauge, metricsText, type Sample } from "../../base/metrics.ts";
import type { Shard } from "../../cluster/shard.ts";

/** What was seen last of what has to be asked for. */
export interface Looked {
  /** Newest record of the log. */
  last?: number | undefined;
  /** Epoch milliseconds. */
  snapshotAt?: number | undefined;
}

export function clusterMetrics(shard: Shard, name: string, looked: Looked, now: number): string {
  const labels = { shard: name };
  const one = (value: number): Sample[] => [{ labels, value }];
  const { seq, term } = shard.position();
  const { appends, fences, troubles } = shard.counts();
  const gauge = (short: string, help: string, read: () => Sample[], type: "gauge" | "counter" = "gauge"): Gauge =>
    new Gauge(`octopus_cluster_${short}`, help, read, type);
  const lag = looked.last === undefined ? [] : one(Math.max(0, looked.last - seq));
  const age = looked.snapshotAt === undefined ? [] : one((now - looked.snapshotAt) / 1000);
  return metricsText([
    gauge("leader", "1 when this server leads the shard.", () => one(shard.role === "leader" ? 1 : 0)),
    gauge("ready", "1 when this replica can be read.", () => one(shard.notReady === undefined ? 1 : 0)),
    gauge("term", "Term of the newest record that is applied here.", () => one(term)),
    gauge("applied_record", "Number of the newest record that is applied here.", () => one(seq)),
    gauge("lag_records", "Records of the log that are not applied here yet.", () => lag),
    gauge("snapshot_age_seconds", "Age of the newest snapshot.", () => age),
    gauge("appends_total", "Records that this server has put into the log.", () => one(appends.appended), "counter"),
    gauge("append_bytes_total", "Bytes of these records.", () => one(appends.bytes), "counter"),
    gauge("append_seconds_total", "Time that these appends took.", () => one(appends.seconds), "counter"),
    gauge("appends_refused_total", "Appends refused, as another server leads.", () => one(appends.refused), "counter"),
    gauge("appends_unknown_total", "Appends of which nobody knew in time.", () => one(appends.unknown), "counter"),
    gauge("terms_total", "Times that this server began to lead.", () => one(fences.terms), "counter"),
    gauge("deposed_total", "Times that it was made to cease.", () => one(fences.deposed), "counter"),
    gauge(
      "troubles_total",
      "What a person should hear of: a log that went back, a replica that differs.",
      () => [...troubles].map(([type, value]) => ({ labels: { ...labels, type }, value })),
      "counter",
    ),
  ]);
}
