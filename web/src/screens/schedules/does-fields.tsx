/** Fields for what each tick of a schedule starts. */
import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { Editor } from "../../editor/editor.tsx";
import { ChipToggle } from "../../parts/chips.tsx";
import { Checkbox, Select, TextArea, TextInput } from "../../parts/field.tsx";
import { Remark } from "../../parts/notices.tsx";
import styles from "./schedule.module.css";
import type { FormPart } from "./schedule-editor.tsx";

const KINDS = [
  ["command", "A command"],
  ["function", "A function"],
  ["workflow", "A workflow"],
  ["json", "Any task, as JSON"],
] as const;

/** The text of the workflow that is chosen. */
interface WorkflowPart {
  isReading: boolean;
  /** The schedule has its own, from before the newest. */
  isOld: boolean;
  isNewest: boolean;
  setNewest(isNewest: boolean): void;
}

export function DoesFields({ form, change, errorAt, workflow }: FormPart & { workflow: WorkflowPart }) {
  return (
    <fieldset className={styles["group"]}>
      <legend>What</legend>
      <div className={styles["choices"]}>
        {KINDS.map(([kind, label]) => (
          <ChipToggle key={kind} isOn={form.doesKind === kind} onChange={() => change({ doesKind: kind })}>
            {label}
          </ChipToggle>
        ))}
      </div>
      {form.doesKind === "command" && (
        <TextArea
          label="Command"
          rows={2}
          placeholder="./backup.sh --full"
          value={form.command}
          onChange={(command) => change({ command })}
          error={errorAt("task.shell")}
        />
      )}
      {form.doesKind === "function" && <FunctionFields form={form} change={change} errorAt={errorAt} />}
      {form.doesKind === "workflow" && (
        <WorkflowFields form={form} change={change} errorAt={errorAt} workflow={workflow} />
      )}
      {form.doesKind === "json" ? (
        <div>
          <Editor language="json" label="Task as JSON" value={form.json} onChange={(json) => change({ json })} />
          {errorAt("task") !== undefined && <Remark tone="bad">task {errorAt("task")}</Remark>}
        </div>
      ) : (
        <ArmField form={form} change={change} errorAt={errorAt} />
      )}
    </fieldset>
  );
}

function FunctionFields({ form, change, errorAt }: FormPart) {
  const list = useId();
  const { data = [] } = useQuery({ queryKey: keys.workers, queryFn: () => client.workers() });
  const known = [...new Set(data.flatMap(({ functions }) => functions))].toSorted();
  return (
    <>
      <TextInput
        label="Function"
        hint={known.length === 0 ? "No connected worker has functions" : `Workers have ${known.slice(0, 6).join(", ")}`}
        list={list}
        value={form.call}
        onChange={(call) => change({ call })}
        error={errorAt("task.call")}
      />
      <datalist id={list}>
        {known.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <TextArea
        label="Input"
        rows={3}
        hint="JSON, or nothing"
        value={form.input}
        onChange={(input) => change({ input })}
        error={errorAt("task.input")}
      />
    </>
  );
}

function WorkflowFields({ form, change, errorAt, workflow }: FormPart & { workflow: WorkflowPart }) {
  const { data = [] } = useQuery({ queryKey: keys.workflows, queryFn: () => client.workflows() });
  const names = [...new Set([...data.map(({ name }) => name), ...(form.workflow === "" ? [] : [form.workflow])])];
  return (
    <>
      <Select
        label="Workflow"
        hint={
          names.length === 0
            ? "No workflow is registered yet"
            : workflow.isReading
              ? "Its text is being read"
              : workflow.isOld && !workflow.isNewest
                ? "The schedule has its text as it was before the newest version"
                : "The schedule keeps its text as it is now"
        }
        options={[
          { value: "", label: "Choose one" },
          ...names.toSorted().map((name) => ({ value: name, label: name })),
        ]}
        value={form.workflow}
        onChange={(name) => change({ workflow: name })}
        error={errorAt("workflow.definition") ?? errorAt("workflow")}
      />
      {workflow.isOld && (
        <Checkbox
          label="Take the newest version"
          hint={`of ${form.workflow}, when it is saved`}
          isOn={workflow.isNewest}
          onChange={workflow.setNewest}
        />
      )}
      <TextArea
        label="Params"
        rows={3}
        hint='JSON: {"env": "test"}'
        value={form.params}
        onChange={(params) => change({ params })}
        error={errorAt("workflow.params")}
      />
    </>
  );
}

function ArmField({ form, change, errorAt }: FormPart) {
  const { data = [] } = useQuery({ queryKey: keys.arms, queryFn: () => client.arms() });
  const names = [...new Set([...data.map(({ name }) => name), ...(form.arm === "" ? [] : [form.arm])])];
  return (
    <Select
      label="Arm"
      options={[
        { value: "", label: "as it says itself, or the default" },
        ...names.map((name) => ({ value: name, label: name })),
      ]}
      value={form.arm}
      onChange={(arm) => change({ arm })}
      error={errorAt("task.arm", "workflow.arm")}
    />
  );
}
