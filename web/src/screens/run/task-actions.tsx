/** What can be done with the selected task: again from here, ended by a word, stopped. */
import { Ban, ChevronDown, RotateCcw } from "lucide-react";
import { useState } from "react";
import { isEnded } from "@octopus/base/words.ts";
import type { TaskView } from "@octopus/protocol/views.ts";
import { holdsOf } from "@octopus/view/run-graph.ts";
import { titleOf } from "@octopus/view/tasks.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { Button } from "../../parts/button.tsx";
import { Menu, type MenuItem } from "../../parts/menu.tsx";
import { MarkDialog } from "../task/mark-dialog.tsx";
import type { Folds } from "./opened.ts";
import { useRetry } from "./retry-menu.tsx";
import type { RunData } from "./run-data.ts";
import styles from "./side-panel.module.css";

export function TaskActions({ task, data, folds }: { task: TaskView; data: RunData; folds: Folds }) {
  const { run } = data;
  const mayChange = useMay("submitter");
  const [isMarking, setMarking] = useState(false);
  const stale = [keys.run(run.id), keys.task(task.id), ["tasks"]];
  const retry = useRetry(run.id);
  const again = useAction({
    run: () => client.retryTask(task.id),
    done: () => `${titleOf(task)} is tried again.`,
    stale,
  });
  const cancel = useAction({
    run: () => client.cancelTask(task.id),
    done: () => `${titleOf(task)} is being cancelled.`,
    stale,
  });
  const isOwn = task.run === run.id && task.inside === undefined && task.name !== undefined;
  const hasEnded = isEnded(task.state);
  const holds = holdsOf(task);
  const items: MenuItem[] = [
    { label: "Mark how it ended …", hint: "A person's word counts, whatever it did", run: () => setMarking(true) },
  ];
  return (
    <div className={styles["buttons"]}>
      {holds !== undefined && (
        <Button isSmall onClick={() => folds.toggle(task)}>
          {folds.ids.has(task.id) ? "Fold" : holds === "run" ? "Unfold its run" : "Unfold its members"}
        </Button>
      )}
      {mayChange && hasEnded && isOwn && (
        <>
          <Button
            isSmall
            icon={<RotateCcw aria-hidden />}
            isBusy={retry.isPending}
            onClick={() => retry.run({ task: task.name!, downstream: true })}
          >
            Retry from here
          </Button>
          <Button isSmall isBusy={retry.isPending} onClick={() => retry.run({ task: task.name! })}>
            Only this
          </Button>
        </>
      )}
      {mayChange && hasEnded && !isOwn && (
        <Button isSmall icon={<RotateCcw aria-hidden />} isBusy={again.isPending} onClick={() => again.run()}>
          Retry
        </Button>
      )}
      {mayChange && !hasEnded && (
        <Button isSmall kind="danger" icon={<Ban aria-hidden />} isBusy={cancel.isPending} onClick={() => cancel.run()}>
          Cancel
        </Button>
      )}
      {mayChange && (
        <Menu
          label="More"
          trigger={
            <Button isSmall kind="quiet">
              More <ChevronDown aria-hidden />
            </Button>
          }
          items={items}
        />
      )}
      {isMarking && <MarkDialog task={task} onClose={() => setMarking(false)} />}
    </div>
  );
}
