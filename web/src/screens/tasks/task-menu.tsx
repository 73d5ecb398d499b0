/** What can be done with one task of a list, by its state and by who asks. */
import { useNavigate } from "@tanstack/react-router";
import { Ban, Copy, Files, FileText, FlagTriangleRight, Network, Pencil, Play, RotateCcw, Trash2 } from "lucide-react";
import { type ReactNode, useCallback, useState } from "react";
import { isEnded, isEngineKind } from "@octopus/base/words.ts";
import type { TaskView } from "@octopus/protocol/views.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { titleOf } from "@octopus/view/tasks.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { useMay } from "../../data/session.ts";
import { useClipboard } from "../../parts/clipboard.tsx";
import { useConfirm } from "../../parts/dialog.tsx";
import type { MenuItem } from "../../parts/menu.tsx";
import { type Change, ChangeDialog } from "./change-dialog.tsx";

export function useTaskMenu(): { menu(task: TaskView): (MenuItem | null)[]; dialog: ReactNode } {
  const mayChange = useMay("submitter");
  const navigate = useNavigate();
  const confirm = useConfirm();
  const clipboard = useClipboard();
  const [changed, setChanged] = useState<{ what: "move" | "priority"; task: TaskView }>();
  const act = useAction({
    run: ({ deed }: { deed(): Promise<unknown>; said: string }) => deed(),
    done: (_, { said }) => said,
    stale: [["tasks"], ["status"]],
  });
  const { run } = act;

  const menu = useCallback(
    (task: TaskView): (MenuItem | null)[] => {
      const { id, state } = task;
      const go = (search: Record<string, string>): void =>
        void navigate({ to: "/tasks", search: ((before: object) => ({ ...before, ...search })) as never });
      const look: MenuItem[] = [
        {
          label: "Open",
          icon: <FileText aria-hidden />,
          run: () => void navigate({ to: "/tasks/$id", params: { id } }),
        },
        { label: "Copy the id", icon: <Copy aria-hidden />, run: () => void clipboard(id, "the id") },
      ];
      if (!mayChange) return look;
      const cancel = async (): Promise<void> => {
        const isSure =
          state !== "running" ||
          (await confirm({
            title: `Cancel ${id}?`,
            text: `${inertLine(titleOf(task))} is running. It is stopped, and what it has done so far stays done.`,
            deed: "Cancel the task",
            isDanger: true,
          }));
        if (isSure) run({ deed: () => client.cancelTask(id), said: `${id} is cancelled.` });
      };
      const remove = async (): Promise<void> => {
        const isSure = await confirm({
          title: `Delete ${id}?`,
          text: "It goes with its output, result and files, and cannot be brought back.",
          deed: "Delete the task",
          isDanger: true,
        });
        if (isSure) run({ deed: () => client.deleteTask(id), said: `${id} is deleted.` });
      };
      const copy: MenuItem = {
        label: "New task like this one",
        icon: <Files aria-hidden />,
        run: () => go({ create: "copy", from: id }),
      };
      if (isEnded(state))
        return [
          ...look,
          null,
          {
            label: "Retry",
            icon: <RotateCcw aria-hidden />,
            run: () => run({ deed: () => client.retryTask(id), said: `${id} waits again.` }),
          },
          ...(task.dead === true
            ? [
                {
                  label: "Dismiss",
                  icon: <FlagTriangleRight aria-hidden />,
                  run: () => run({ deed: () => client.dismissTask(id), said: `${id} is dismissed.` }),
                },
              ]
            : []),
          ...(isEngineKind(task.kind) ? [] : [copy]),
          null,
          { label: "Delete…", icon: <Trash2 aria-hidden />, isDanger: true, run: () => void remove() },
        ];
      return [
        ...look,
        null,
        ...(state === "scheduled"
          ? [
              {
                label: "Run it now",
                icon: <Play aria-hidden />,
                run: () => run({ deed: () => client.moveTask(id, { dueAt: null }), said: `${id} is due now.` }),
              },
            ]
          : []),
        ...(state === "running" || isEngineKind(task.kind) || task.run !== undefined
          ? []
          : [{ label: "Edit", icon: <Pencil aria-hidden />, run: () => go({ edit: id }) }]),
        {
          label: "Move to another arm…",
          icon: <Network aria-hidden />,
          run: () => setChanged({ what: "move", task }),
        },
        {
          label: "Change the priority…",
          icon: <FlagTriangleRight aria-hidden />,
          run: () => setChanged({ what: "priority", task }),
        },
        ...(isEngineKind(task.kind) ? [] : [copy]),
        null,
        {
          label: state === "running" ? "Cancel…" : "Cancel",
          icon: <Ban aria-hidden />,
          isDanger: true,
          run: () => void cancel(),
        },
      ];
    },
    [mayChange, navigate, confirm, clipboard, run],
  );

  const move = ({ id }: TaskView, change: Change): void => {
    const said = change.arm === undefined ? `${id} has priority ${change.priority}.` : `${id} is in ${change.arm}.`;
    run({ deed: () => client.moveTask(id, change), said });
  };
  const dialog = changed !== undefined && (
    <ChangeDialog
      what={changed.what}
      now={{ arm: changed.task.arm, priority: changed.task.priority }}
      onClose={() => setChanged(undefined)}
      onDone={(change) => {
        setChanged(undefined);
        move(changed.task, change);
      }}
    />
  );
  return { menu, dialog };
}
