/** Every case, in the order of the table. */
import type { Case } from "../harness/case.ts";
import { backlog } from "./backlog.ts";
import { cacheHits } from "./cache-hits.ts";
import { cluster, clusterLatency } from "./cluster.ts";
import { clusterCatchUp, clusterFailOver, clusterTakeOver } from "./cluster-servers.ts";
import { commands } from "./commands.ts";
import { containers } from "./containers.ts";
import { dashboard } from "./dashboard.ts";
import { dashboardHour } from "./dashboard-hour.ts";
import { delayed } from "./delayed.ts";
import { drainEmbedded } from "./drain-embedded.ts";
import { drainWorker, drainWorkers } from "./drain-worker.ts";
import { graph } from "./graph.ts";
import { graphSteps } from "./graph-steps.ts";
import { httpAlone } from "./http-alone.ts";
import { idleCpu } from "./idle-cpu.ts";
import { idleWorkers } from "./idle-workers.ts";
import { keys } from "./keys.ts";
import { latency, latencyEmbedded, latencyLoaded } from "./latency.ts";
import { limits } from "./limits.ts";
import { memoryIdle } from "./memory-idle.ts";
import { placement } from "./placement.ts";
import { pluginCalls } from "./plugin-calls.ts";
import { priorityMix } from "./priority-mix.ts";
import { produceAndDrain } from "./produce-and-drain.ts";
import { sandboxed } from "./sandboxed.ts";
import { schedules, schedulesLate } from "./schedules.ts";
import { shards } from "./shards.ts";
import { submitBulkEmbedded } from "./submit-bulk-embedded.ts";
import { submitBulkHttp, submitClient, submitPlain } from "./submit-over-http.ts";
import { triggers } from "./triggers.ts";
import { wasmCalls } from "./wasm-calls.ts";
import { wishes } from "./wishes.ts";
import { workflow } from "./workflow.ts";

export const CASES: readonly Case[] = [
  limits,
  submitBulkEmbedded,
  submitBulkHttp,
  submitClient,
  submitPlain,
  drainWorker,
  drainWorkers,
  drainEmbedded,
  produceAndDrain,
  latency,
  latencyLoaded,
  latencyEmbedded,
  workflow,
  graph,
  graphSteps,
  commands,
  sandboxed,
  pluginCalls,
  wasmCalls,
  containers,
  placement,
  keys,
  wishes,
  priorityMix,
  cacheHits,
  delayed,
  schedules,
  schedulesLate,
  triggers,
  memoryIdle,
  backlog,
  idleCpu,
  idleWorkers,
  httpAlone,
  dashboard,
];

/** Run only by their names: they take far longer than all others together, or need NATS servers and PostgreSQL. */
export const LONG_CASES: readonly Case[] = [
  dashboardHour,
  cluster,
  clusterLatency,
  clusterFailOver,
  clusterCatchUp,
  clusterTakeOver,
  shards,
];
