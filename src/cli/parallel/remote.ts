/** Runs the jobs of `octopus parallel` as tasks on a server: durable there, on whichever worker has a free slot. */
import { constants } from "node:os";
import { isEnded } from "../../base/words.ts";
import type { Client } from "../../client/mod.ts";
import type { TaskSubmission } from "../../protocol/task.ts";
import type { TaskDetail } from "../../protocol/views.ts";
import { bytesOf } from "../log-printer.ts";
import { type Job, type JobEnd, type JobRunner, type RunningJob, TIMED_OUT } from "./runner.ts";
import type { Stream } from "./printer.ts";

const MAX_OUTPUT = "1GiB";

export interface RemoteOptions {
  shell: readonly string[];
  cwd: string | undefined;
  arm: string | undefined;
  place: Pick<TaskSubmission, "worker" | "target">;
}

export function createRemoteRunner(client: Client, options: RemoteOptions): JobRunner {
  return {
    host: new URL(client.url).host,
    start(job, onOutput): RunningJob {
      let id: string | undefined;
      let isStopped = false;
      const cancel = (): void => {
        if (id !== undefined) client.cancelTask(id, "octopus parallel was stopped").catch(() => undefined);
      };
      const run = async (): Promise<JobEnd> => {
        ({ id } = await client.submitAlone(taskOf(job, options)));
        if (isStopped) cancel();
        return { ...(await follow(client, id, onOutput)), isStopped };
      };
      return {
        end: run(),
        stop() {
          isStopped = true;
          cancel();
        },
      };
    },
    close: () => Promise.resolve(),
  };
}

function taskOf({ seq, slot, command, timeoutMs }: Job, { shell, cwd, arm, place }: RemoteOptions) {
  const env = { PARALLEL_SEQ: String(seq), PARALLEL_JOBSLOT: String(slot) };
  return {
    shell: { command, shell: [...shell], env, maxOutput: MAX_OUTPUT, ...(cwd !== undefined && { cwd }) },
    // This command counts the tries.
    retries: 0,
    ...(arm !== undefined && { arm }),
    ...place,
    ...(timeoutMs !== undefined && { timeout: timeoutMs }),
  };
}

async function follow(
  client: Client,
  id: string,
  onOutput: (stream: Stream, bytes: Uint8Array) => void,
): Promise<Omit<JobEnd, "isStopped">> {
  for await (const line of client.logs(id, { follow: true }))
    onOutput(line.stream === "stdout" ? "stdout" : "stderr", bytesOf(line));
  let task = await client.waitTask(id);
  while (!isEnded(task.state)) task = await client.waitTask(id);
  return endOf(task);
}

function endOf({ state, error, attempts }: TaskDetail): Omit<JobEnd, "isStopped"> {
  const attempt = attempts.at(-1);
  if (state === "succeeded" || state === "skipped") return { exitCode: attempt?.exitCode ?? 0, signal: 0 };
  if (attempt?.outcome === "timed_out") return { ...TIMED_OUT, why: "it was stopped: its time was over" };
  const signal = (constants.signals as Record<string, number>)[attempt?.signal ?? ""] ?? 0;
  if (signal > 0) return { exitCode: 0, signal };
  if (attempt?.exitCode !== undefined) return { exitCode: attempt.exitCode, signal };
  return { exitCode: 255, signal, why: error?.message ?? state };
}
