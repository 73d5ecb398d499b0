/** Every case, in the order of the table. */
import type { Case } from "../harness/case.ts";
import { backlog } from "./backlog.ts";
import { cacheHits } from "./cache-hits.ts";
import { commands } from "./commands.ts";
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
import { priorityMix } from "./priority-mix.ts";
import { produceAndDrain } from "./produce-and-drain.ts";
import { schedules, schedulesLate } from "./schedules.ts";
import { submitBulkEmbedded } from "./submit-bulk-embedded.ts";
import { submitBulkHttp, submitClient, submitPlain } from "./submit-over-http.ts";
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
  placement,
  keys,
  wishes,
  priorityMix,
  cacheHits,
  delayed,
  schedules,
  schedulesLate,
  memoryIdle,
  backlog,
  idleCpu,
  idleWorkers,
  httpAlone,
];
