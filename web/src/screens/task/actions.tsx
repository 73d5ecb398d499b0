/** What can be done with a task, by its state and by what the reader may do. */
import { useNavigate } from "@tanstack/react-router";
import { Ban, Copy, Ellipsis, Pencil, RotateCcw, Skull, SquareCheck, Timer, Trash2 } from "lucide-react";
import { useState } from "react";
import { isEnded } from "@octopus/base/words.ts";
import type { TaskDetail } from "@octopus/protocol/views.ts";
import { submissionOf } from "@octopus/view/commands.ts";
import { clip, inertLine } from "@octopus/view/inert.ts";
import { titleOf } from "@octopus/view/tasks.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { Button, IconButton } from "../../parts/button.tsx";
import { useConfirm } from "../../parts/dialog.tsx";
import { Menu, type MenuItem } from "../../parts/menu.tsx";
import { MarkDialog } from "./mark-dialog.tsx";
import { MoveDialog } from "./move-dialog.tsx";
import { RetryDialog } from "./retry-dialog.tsx";

type Window = "move" | "mark" | "retry";

export function TaskActions({ id, task }: { id: string; task: TaskDetail }) {
  const mayChange = useMay("submitter");
  const confirm = useConfirm();
  const navigate = useNavigate();
  const [window, setWindow] = useState<Window>();
  const name = inertLine(clip(titleOf(task), 80).text);
  const stale = [keys.task(id), ["tasks"], ["status"]];
  const cancel = useAction({ run: () => client.cancelTask(id), done: () => `${id} is being cancelled.`, stale });
  const retry = useAction({ run: () => client.retryTask(id), done: () => `${id} is tried again.`, stale });
  const dismiss = useAction({
    run: () => client.dismissTask(id),
    done: () => `${id} is no dead letter any more.`,
    stale,
  });
  const start = useAction({ run: () => client.moveTask(id, { dueAt: null }), done: () => `${id} is due now.`, stale });
  const remove = useAction({
    run: () => client.deleteTask(id),
    done: () => `${id} was deleted.`,
    gone: () => keys.task(id),
    stale: [["tasks"], ["status"]],
    leave: () => void navigate({ to: "/tasks" }),
  });
  if (!mayChange) return null;
  const isLive = !isEnded(task.state);
  const write = (search: Record<string, string>): void => void navigate({ to: "/tasks", search: search as never });
  const askCancel = async (): Promise<void> => {
    const what =
      task.state === "running"
        ? "1 task is stopped where it stands, and ends as cancelled."
        : "1 task ends as cancelled without having run. A retry can do it later.";
    if (await confirm({ title: `Cancel ${name}?`, text: what, deed: "Cancel it", isDanger: true })) cancel.run();
  };
  const askDelete = async (): Promise<void> => {
    const what = `1 task goes, with its ${count(task.attempts.length, "attempt")}, its log, its result and its files. This cannot be undone.`;
    if (await confirm({ title: `Delete ${name}?`, text: what, deed: "Delete it", isDanger: true })) remove.run();
  };
  const may = deedsOf(task);
  const items = menuOf({
    ...(may.move && { move: () => setWindow("move") }),
    ...(may.edit && { edit: () => write({ edit: id }) }),
    ...(may.start && { start: () => start.run() }),
    ...(may.retry && { retryWith: () => setWindow("retry") }),
    ...(may.dismiss && { dismiss: () => dismiss.run() }),
    ...(may.mark && { mark: () => setWindow("mark") }),
    ...(may.copy && { another: () => write({ create: "copy", from: id }) }),
    ...(may.remove && { remove: () => void askDelete() }),
  });
  return (
    <>
      {isLive && (
        <Button kind="danger" icon={<Ban aria-hidden />} isBusy={cancel.isPending} onClick={() => void askCancel()}>
          Cancel
        </Button>
      )}
      {!isLive && (
        <Button
          kind={task.state === "succeeded" ? "plain" : "main"}
          icon={<RotateCcw aria-hidden />}
          isBusy={retry.isPending}
          onClick={() => retry.run()}
        >
          Retry
        </Button>
      )}
      {items.length > 0 && (
        <Menu
          label="More actions"
          items={items}
          trigger={
            <IconButton label="More actions">
              <Ellipsis aria-hidden />
            </IconButton>
          }
        />
      )}
      {window === "move" && <MoveDialog task={task} onClose={() => setWindow(undefined)} />}
      {window === "mark" && <MarkDialog task={task} onClose={() => setWindow(undefined)} />}
      {window === "retry" && <RetryDialog task={task} onClose={() => setWindow(undefined)} />}
    </>
  );
}

/** What goes with its state. */
function deedsOf(
  task: TaskDetail,
): Record<"move" | "edit" | "start" | "retry" | "dismiss" | "mark" | "copy" | "remove", boolean> {
  const isLive = !isEnded(task.state);
  const isOfRun = task.run !== undefined;
  return {
    move: isLive,
    edit: isLive && task.attempt === 0 && task.state !== "running" && !isOfRun,
    start: task.state === "scheduled",
    retry: !isLive,
    dismiss: task.dead === true,
    mark: isOfRun && task.state !== "running",
    copy: submissionOf(task) !== undefined,
    remove: !isLive,
  };
}

type Deeds = Partial<
  Record<"move" | "edit" | "start" | "retryWith" | "dismiss" | "mark" | "another" | "remove", () => void>
>;

function menuOf(deeds: Deeds): (MenuItem | null)[] {
  const { move, edit, start, retryWith, dismiss, mark, another, remove } = deeds;
  const items: (MenuItem | null)[] = [];
  if (retryWith) items.push({ label: "Retry with other input", icon: <Pencil aria-hidden />, run: retryWith });
  if (start)
    items.push({ label: "Start now", hint: "do not wait for its time", icon: <Timer aria-hidden />, run: start });
  if (move) items.push({ label: "Arm, priority, time", icon: <Pencil aria-hidden />, run: move });
  if (edit)
    items.push({
      label: "Edit what it does",
      hint: "as long as it has not started",
      icon: <Pencil aria-hidden />,
      run: edit,
    });
  if (mark)
    items.push({
      label: "Mark how it ended",
      hint: "the run goes on from there",
      icon: <SquareCheck aria-hidden />,
      run: mark,
    });
  if (dismiss)
    items.push({ label: "Dismiss", hint: "leaves the dead letters", icon: <Skull aria-hidden />, run: dismiss });
  if (another) items.push({ label: "Another like it", icon: <Copy aria-hidden />, run: another });
  if (remove) {
    if (items.length > 0) items.push(null);
    items.push({ label: "Delete", icon: <Trash2 aria-hidden />, isDanger: true, run: remove });
  }
  return items;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}
