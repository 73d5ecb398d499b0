/**
 * Makes or changes a schedule. While it is written, the server says when it would be due; what it finds wrong stands at its
 * field, and nothing that was typed is lost.
 */
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { ScheduleView } from "@octopus/protocol/schedule-views.ts";
import type { ScheduleForm } from "@octopus/view/schedule-form.ts";
import { useAction } from "../../data/action.ts";
import { keys } from "../../data/keys.ts";
import { issuesOf } from "../../data/words.ts";
import { Checkbox, TextInput } from "../../parts/field.tsx";
import { FormDialog } from "../../parts/form-dialog.tsx";
import { Remark } from "../../parts/notices.tsx";
import { DoesFields } from "./does-fields.tsx";
import { Preview } from "./preview.tsx";
import styles from "./schedule.module.css";
import { usePreview } from "./use-preview.ts";
import { useScheduleForm } from "./use-schedule-form.ts";
import { RuleFields, WhenFields } from "./when-fields.tsx";

export interface FormPart {
  form: ScheduleForm;
  change(change: Partial<ScheduleForm>): void;
  /** What is wrong with the value at this path, or below it. */
  errorAt(...paths: string[]): string | undefined;
}

interface ScheduleEditorProps {
  schedule?: ScheduleView;
  /** Of a new one: what it starts. */
  workflow?: string;
  onClose(): void;
}

export function ScheduleEditor({ schedule, workflow: wanted = "", onClose }: ScheduleEditorProps) {
  const navigate = useNavigate();
  const [isTried, setTried] = useState(false);
  const editing = useScheduleForm(schedule, wanted);
  const { form, submission, problems, workflow, taken, disputed } = editing;
  const { preview, error: previewError, isOld } = usePreview(submission);
  const save = useAction({
    run: editing.save,
    done: ({ name }) => (schedule === undefined ? `${name} is made` : `${name} is saved`),
    stale: [keys.schedules, ["schedule"], keys.calendars],
    isQuiet: true,
    onDone: onClose,
    leave: ({ name }) => schedule === undefined && void navigate({ to: "/schedules/$name", params: { name } }),
  });
  const change = (more: Partial<ScheduleForm>): void => {
    editing.change(more);
    if (save.error !== null) save.reset();
  };
  const issues = new Map([
    ...issuesOf(previewError),
    ...issuesOf(save.error),
    ...(isTried ? problems.map(({ path, message }) => [path, message] as const) : []),
  ]);
  const shown = new Set<string>();
  const errorAt: FormPart["errorAt"] = (...paths) => {
    const found = [...issues].find(([path]) =>
      paths.some((wanted) => path === wanted || path.startsWith(`${wanted}.`) || path.startsWith(`${wanted}[`)),
    );
    if (found !== undefined) shown.add(found[0]);
    return found?.[1];
  };
  const submit = (): void => {
    setTried(true);
    if (problems.length === 0) save.run();
  };
  const part: FormPart = { form, change, errorAt };
  const fields = (
    <>
      <div className={styles["fields"]}>
        <TextInput
          label="Name"
          placeholder="nightly-report"
          value={form.name}
          onChange={(name) => change({ name })}
          error={isTried || form.name !== "" ? errorAt("name") : undefined}
          disabled={schedule !== undefined}
        />
        <TextInput
          label="Description"
          hint="For people"
          value={form.description}
          onChange={(description) => change({ description })}
          error={errorAt("description")}
        />
      </div>
      {taken.length > 0 && (
        <Remark tone="busy">
          Somebody else has changed {taken.join(", ")} meanwhile; it stands here as it is now.
        </Remark>
      )}
      {disputed.length > 0 && (
        <Remark tone="warn">
          Somebody else has changed {disputed.join(", ")}, too. Saving puts what stands here in its place.
        </Remark>
      )}
      <WhenFields {...part} />
      <Preview preview={preview} error={previewError} isOld={isOld} />
      <DoesFields {...part} workflow={workflow} />
      <RuleFields {...part} />
      <Checkbox
        label="Paused"
        hint="It fires nothing until it is resumed"
        isOn={form.isPaused}
        onChange={(isPaused) => change({ isPaused })}
      />
    </>
  );
  const others = [...issues].filter(([path]) => !shown.has(path) && path !== "name");
  return (
    <FormDialog
      title={schedule === undefined ? "New schedule" : `Edit ${schedule.name}`}
      isWide
      deed={schedule === undefined ? "Create schedule" : "Save schedule"}
      isBusy={save.isPending}
      error={save.error}
      onSend={submit}
      onClose={onClose}
    >
      {fields}
      {save.error === null && isTried && others.length > 0 && (
        <Remark tone="bad">{others.map(([path, message]) => `${path} ${message}`.trim()).join("; ")}</Remark>
      )}
    </FormDialog>
  );
}
