/**
 * A new task, one like another, or one that still waits: a window over the list with a form, the same as JSON, and the
 * command that would do the same elsewhere.
 */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { TaskDetail } from "@octopus/protocol/views.ts";
import { submissionOf } from "@octopus/view/commands.ts";
import { FORM_KINDS, type FormKind } from "@octopus/view/task-schema.ts";
import type { Search } from "../../../app/search.ts";
import { useSearchText } from "../../../app/search.ts";
import { client } from "../../../data/client.ts";
import { keys } from "../../../data/keys.ts";
import { Dialog } from "../../../parts/dialog.tsx";
import { Loading, Remark, Trouble } from "../../../parts/notices.tsx";
import { TaskWriter } from "./task-writer.tsx";
import type { Submission } from "./use-draft.ts";

export function TaskForm() {
  const [create] = useSearchText("create");
  const [from] = useSearchText("from");
  const [edit] = useSearchText("edit");
  const navigate = useNavigate();
  const close = (): void =>
    void navigate({
      to: "/tasks",
      search: ((before: Search) => ({ ...before, create: undefined, from: undefined, edit: undefined })) as never,
      replace: true,
    });
  if (edit !== "") return <FromTask key={edit} id={edit} isEdit onClose={close} />;
  if (create === "copy" && from !== "") return <FromTask key={from} id={from} isEdit={false} onClose={close} />;
  const kind = (FORM_KINDS as readonly string[]).includes(create) ? (create as FormKind) : "shell";
  return <TaskWriter title="New task" place="new" start={{}} kind={kind} onClose={close} />;
}

/** The form of a task that is there. */
function FromTask({ id, isEdit, onClose }: { id: string; isEdit: boolean; onClose(): void }) {
  const { data, error, refetch } = useQuery({ queryKey: keys.task(id), queryFn: () => client.task(id) });
  const title = isEdit ? `Edit ${id}` : `New task like ${id}`;
  if (data === undefined)
    return (
      <Dialog title={title} isOpen onClose={onClose}>
        {error === null ? <Loading /> : <Trouble error={error} retry={() => void refetch()} />}
      </Dialog>
    );
  const start = startOf(data, isEdit);
  if (start === undefined)
    return (
      <Dialog title={title} isOpen onClose={onClose}>
        <Remark tone="warn">What {id} does is the engine's own work: only a workflow can say it.</Remark>
      </Dialog>
    );
  const place = `${isEdit ? "edit" : "copy"}.${id}`;
  return (
    <TaskWriter
      title={title}
      place={place}
      start={start}
      kind="shell"
      onClose={onClose}
      {...(isEdit && { edited: data })}
    />
  );
}

/** What another one like it is submitted with; one that is edited also keeps what it waits for. */
function startOf(task: TaskDetail, isEdit: boolean): Submission | undefined {
  const same = submissionOf(task);
  if (same === undefined) return undefined;
  const isOwnType = task.type !== task.kind && task.type !== (task.work as { call?: string }).call;
  const more: Submission = {
    ...(isOwnType && task.kind !== "plugin" && { type: task.type }),
    ...(task.uniqueKey !== undefined && isEdit && { uniqueKey: task.uniqueKey }),
    ...(isEdit && task.needs.length > 0 && { needs: task.needs }),
    ...(isEdit && task.state === "scheduled" && task.dueAt !== undefined && { runAt: task.dueAt }),
  };
  return { ...same, ...more };
}
