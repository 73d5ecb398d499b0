/** Runs the jobs of `octopus parallel` on this machine, through a spawner of its own. */
import { SpawnerClient } from "../../worker/spawner/client.ts";
import { OctopusError } from "../../base/errors.ts";
import { type JobEnd, type JobRunner, type RunningJob, TIMED_OUT } from "./runner.ts";

/** Between TERM and KILL. */
const GRACE_MS = 1000;

export async function createLocalRunner(shell: readonly string[], cwd: string | undefined): Promise<JobRunner> {
  const spawner = new SpawnerClient({ graceMs: GRACE_MS });
  // Its start is not time of the first jobs.
  await spawner.start();
  return {
    host: ":",
    start(job, onOutput): RunningJob {
      const env = {
        PARALLEL_SEQ: String(job.seq),
        PARALLEL_JOBSLOT: String(job.slot),
        PARALLEL_PID: String(process.pid),
      };
      const argv = [...shell, job.command];
      if (job.command.includes("\0")) throw new OctopusError("invalid", `job ${job.seq} holds a NUL character`);
      const command = spawner.run({ argv, env, ...(cwd !== undefined && { cwd }) }, { onOutput });
      let isStopped = false;
      let isLate = false;
      const timer =
        job.timeoutMs === undefined
          ? undefined
          : setTimeout(() => {
              isLate = true;
              command.stop(GRACE_MS);
            }, job.timeoutMs);
      const end = command.outcome.then((outcome): JobEnd => {
        clearTimeout(timer);
        if (isLate && !isStopped) return { ...TIMED_OUT, why: "it was stopped: its time was over" };
        if (outcome.type === "ended") return { exitCode: Math.max(0, outcome.code), signal: outcome.signal, isStopped };
        if (outcome.type === "lost") return { exitCode: 255, signal: 0, isStopped, why: outcome.why };
        const faults = { program: shell[0], cwd: `a command in the folder ${cwd}`, system: "another process" };
        const why = `this machine cannot start ${faults[outcome.about]}: ${outcome.code}`;
        return { exitCode: 255, signal: 0, isStopped, why };
      });
      return {
        end,
        stop() {
          isStopped = true;
          command.stop(GRACE_MS);
        },
      };
    },
    close: () => spawner.close(),
  };
}
