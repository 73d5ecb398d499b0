/** Where and when a live task is to run: its arm, its priority, and its time while it waits. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { TaskDetail } from "@octopus/protocol/views.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { Select, TextInput } from "../../parts/field.tsx";
import { FormDialog } from "../../parts/form-dialog.tsx";

const PRIORITIES = Array.from({ length: 11 }, (_, i) => 10 - i);

export function MoveDialog({ task, onClose }: { task: TaskDetail; onClose(): void }) {
  const [arm, setArm] = useState(task.arm);
  const [priority, setPriority] = useState(String(task.priority));
  const [due, setDue] = useState("");
  const { data: arms } = useQuery({ queryKey: keys.arms, queryFn: () => client.arms() });
  const mayWait = task.state === "scheduled" || task.state === "queued" || task.state === "blocked";
  const change = {
    ...(arm !== task.arm && { arm }),
    ...(Number(priority) !== task.priority && { priority: Number(priority) }),
    ...(due !== "" && { dueAt: new Date(due).toISOString() }),
  };
  const save = useAction({
    run: (input: typeof change) => client.moveTask(task.id, input),
    done: () => `${task.id} was changed.`,
    stale: [keys.task(task.id), ["tasks"], keys.arms],
    onDone: onClose,
    isQuiet: true,
  });
  const names = [...new Set([task.arm, ...(arms ?? []).map(({ name }) => name)])];
  return (
    <FormDialog
      title={`Change ${task.id}`}
      deed="Save"
      isBusy={save.isPending}
      isReady={Object.keys(change).length > 0}
      error={save.error}
      onSend={() => save.run(change)}
      onClose={onClose}
    >
      <Select label="Arm" value={arm} onChange={setArm} options={names.map((value) => ({ value, label: value }))} />
      <Select
        label="Priority"
        value={priority}
        onChange={setPriority}
        options={PRIORITIES.map((value) => ({
          value: String(value),
          label: value === 10 ? "10, first" : value === 0 ? "0, last" : String(value),
        }))}
      />
      {mayWait && (
        <TextInput
          label="Not before"
          type="datetime-local"
          step={1}
          hint="In the time of this browser; left empty, its time stays as it is."
          value={due}
          onChange={setDue}
        />
      )}
    </FormDialog>
  );
}
