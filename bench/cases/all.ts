/** Every case, in the order of the table. */
import type { Case } from "../harness/case.ts";
import { drainEmbedded } from "./drain-embedded.ts";
import { drainWorker } from "./drain-worker.ts";
import { latency, latencyEmbedded } from "./latency.ts";
import { submitBulkEmbedded } from "./submit-bulk-embedded.ts";

export const CASES: readonly Case[] = [submitBulkEmbedded, drainWorker, drainEmbedded, latency, latencyEmbedded];
