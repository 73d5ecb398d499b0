/** The word of a person about how a task has ended; what needs it goes on from there. */
import { useState } from "react";
import type { TaskView } from "@octopus/protocol/views.ts";
import type { TaskMark } from "@octopus/protocol/workflow.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { titleOf } from "@octopus/view/tasks.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { Select, TextArea } from "../../parts/field.tsx";
import { FormDialog } from "../../parts/form-dialog.tsx";

const STATES = ["succeeded", "failed", "skipped"] as const satisfies readonly TaskMark["state"][];

export function MarkDialog({ task, onClose }: { task: TaskView; onClose(): void }) {
  const [state, setState] = useState<TaskMark["state"]>("succeeded");
  const [note, setNote] = useState("");
  const title = inertLine(titleOf(task));
  const mark = useAction({
    run: () => client.markTask(task.id, { state, ...(note.trim() !== "" && { note: note.trim() }) }),
    done: () => `${title} is marked as ${state}.`,
    stale: [keys.task(task.id), ["tasks"], ["runs"], keys.run(task.run ?? "")],
    onDone: onClose,
    isQuiet: true,
  });
  return (
    <FormDialog
      title={`Mark ${title}`}
      lead="It counts as ended like this, whatever it did; what needs it goes on from there."
      deed={`Mark as ${state}`}
      isBusy={mark.isPending}
      error={mark.error}
      onSend={() => mark.run()}
      onClose={onClose}
    >
      <Select
        label="It has"
        value={state}
        onChange={(value) => setState(value as TaskMark["state"])}
        options={STATES.map((value) => ({ value, label: value === "skipped" ? "been skipped" : value }))}
      />
      <TextArea
        label="Note"
        rows={3}
        hint="Why; it stays with the task, with who said it."
        maxLength={2000}
        value={note}
        onChange={setNote}
      />
    </FormDialog>
  );
}
