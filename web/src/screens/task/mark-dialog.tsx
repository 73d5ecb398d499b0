/** The word of a person about how a task has ended; what needs it goes on from there. */
import { useState } from "react";
import type { TaskDetail } from "@octopus/protocol/views.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { Button } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Select, TextArea } from "../../parts/field.tsx";
import { Trouble } from "../../parts/notices.tsx";
import styles from "./task.module.css";

const STATES = ["succeeded", "failed", "skipped"] as const;

export function MarkDialog({ task, onClose }: { task: TaskDetail; onClose(): void }) {
  const [state, setState] = useState<(typeof STATES)[number]>("succeeded");
  const [note, setNote] = useState("");
  const mark = useAction({
    run: () => client.markTask(task.id, { state, ...(note.trim() !== "" && { note: note.trim() }) }),
    done: () => `${task.id} counts as ${state}.`,
    stale: [keys.task(task.id), ["tasks"], ["runs"], keys.run(task.run ?? "")],
    onDone: onClose,
    isQuiet: true,
  });
  return (
    <Dialog
      title={`Mark ${task.id}`}
      lead="It counts as ended like this, whatever it did; what needs it goes on from there."
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button kind="main" isBusy={mark.isPending} onClick={() => mark.run()}>
            Mark as {state}
          </Button>
        </>
      }
    >
      <div className={styles["form"]}>
        <Select
          label="It has"
          value={state}
          onChange={(value) => setState(value as typeof state)}
          options={STATES.map((value) => ({ value, label: value === "skipped" ? "been skipped" : value }))}
        />
        <TextArea label="Note" hint="Why; it stays with the task." maxLength={2000} value={note} onChange={setNote} />
        {mark.error !== null && <Trouble error={mark.error} />}
      </div>
    </Dialog>
  );
}
