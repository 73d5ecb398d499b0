/** Doing a run again: all of it, what failed, one task, or one task with what needs it; with other params where wanted. */
import { RotateCcw } from "lucide-react";
import { useState } from "react";
import type { RunRetry } from "@octopus/protocol/workflow.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { titleOf } from "@octopus/view/tasks.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { Button } from "../../parts/button.tsx";
import { Menu, type MenuItem } from "../../parts/menu.tsx";
import { RetryDialog } from "./retry-dialog.tsx";
import type { RunData } from "./run-data.ts";

/** The answer is told by the run itself, which goes on. */
export function useRetry(runId: string) {
  return useAction({
    run: (retry: RunRetry) => client.retryRun(runId, retry),
    done: () => `${runId} goes on.`,
    stale: [keys.run(runId), ["runs"], ["tasks"]],
  });
}

export function RetryMenu({ data, selected }: { data: RunData; selected: string }) {
  const { run, taskOf } = data;
  const retry = useRetry(run.id);
  const [isEditing, setEditing] = useState(false);
  const task = taskOf(selected);
  // What can be named are the tasks of the file; members and tasks of runs inside are retried by themselves.
  const name = task?.run === run.id && task.inside === undefined ? task.name : undefined;
  const isOver = run.endedAt !== undefined;
  const lost =
    (run.counts.failed ?? 0) +
    (run.counts.expired ?? 0) +
    (run.counts.cancelled ?? 0) +
    (run.counts.upstream_failed ?? 0);
  const items: (MenuItem | null)[] = [
    {
      label: "From what failed",
      hint:
        lost === 0 ? "Nothing has failed" : `${lost.toLocaleString("en")} tasks that failed or could not run for that`,
      isDisabled: lost === 0,
      run: () => retry.run({ from: "failed" }),
    },
    {
      label: "All of it",
      hint: "Every task again, in this run",
      isDisabled: !isOver,
      run: () => retry.run({ from: "all" }),
    },
    null,
    ...(name === undefined
      ? []
      : [
          { label: `Only ${inertLine(name)}`, run: () => retry.run({ task: name }) },
          {
            label: `${inertLine(name)} and what needs it`,
            hint: "Directly or not",
            run: () => retry.run({ task: name, downstream: true }),
          },
          null,
        ]),
    {
      label: "With other params …",
      hint: "See them, change them, then choose what is done again",
      run: () => setEditing(true),
    },
  ];
  return (
    <>
      <Menu
        label="Retry"
        trigger={
          <Button
            kind={isOver && lost > 0 ? "main" : "plain"}
            icon={<RotateCcw aria-hidden />}
            isBusy={retry.isPending}
          >
            Retry
          </Button>
        }
        items={items}
      />
      {isEditing && (
        <RetryDialog
          run={run}
          task={name === undefined || task === undefined ? undefined : titleOf(task)}
          onClose={() => setEditing(false)}
        />
      )}
    </>
  );
}
