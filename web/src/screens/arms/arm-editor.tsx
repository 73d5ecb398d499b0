/** An arm as a form: a new one, or the settings of one that is there. What is left empty has no limit, or the default. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { ArmSubmission } from "@octopus/protocol/arm.ts";
import type { ArmView } from "@octopus/protocol/views.ts";
import { armFormOf, type ArmForm, changedSettings, EMPTY_ARM, readArmForm } from "@octopus/view/arm-form.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { issuesOf } from "../../data/words.ts";
import { TextInput } from "../../parts/field.tsx";
import { FormDialog } from "../../parts/form-dialog.tsx";
import styles from "./arm-editor.module.css";

const FIELDS: readonly { key: keyof ArmForm; path: string; label: string; hint: string; placeholder?: string }[] = [
  {
    key: "maxParallel",
    path: "maxParallel",
    label: "At once",
    hint: "most tasks that run at the same time",
    placeholder: "no limit",
  },
  {
    key: "weight",
    path: "weight",
    label: "Weight",
    hint: "share of the slots when several arms have work",
    placeholder: "1",
  },
  {
    key: "rate",
    path: "rate",
    label: "Rate",
    hint: "starts in a time: 10/1m, or 10/1m:20 with a burst of 20",
    placeholder: "no limit",
  },
  {
    key: "maxQueued",
    path: "maxQueued",
    label: "Queue at most",
    hint: "beyond it submissions are refused",
    placeholder: "no limit",
  },
  {
    key: "aging",
    path: "aging",
    label: "Aging",
    hint: "a waiting task counts one priority higher for each: 5m",
    placeholder: "off",
  },
  { key: "timeout", path: "timeout", label: "Timeout", hint: "for tasks that name none: 10m", placeholder: "none" },
  { key: "retries", path: "retries", label: "Retries", hint: "for tasks that name none", placeholder: "0" },
  {
    key: "handler",
    path: "handler",
    label: "Function",
    hint: "runs its tasks that have only a type",
    placeholder: "none",
  },
];

export function ArmEditor({ arm, onClose }: { arm?: ArmView; onClose(): void }) {
  const navigate = useNavigate();
  const [form, setForm] = useState<ArmForm>(() => (arm === undefined ? EMPTY_ARM : armFormOf(arm)));
  const [isAsked, setAsked] = useState(false);
  const [before] = useState(() => (arm === undefined ? {} : readArmForm(armFormOf(arm)).change));
  const { data: arms = [] } = useQuery({ queryKey: keys.arms, queryFn: () => client.arms() });
  const { change, problems } = readArmForm(form);
  // The same request would set all of one that is there to what this form leaves empty.
  if (arm === undefined && arms.some(({ name }) => name === form.name.trim()))
    problems.name = `${form.name.trim()} is there already; its settings stand on its page`;
  const save = useAction({
    run: ({ name, settings }: { name: string; settings: ArmSubmission }) => client.configureArm(name, settings),
    done: ({ name }) => (arm === undefined ? `Arm ${name} is there` : `Arm ${name} is set`),
    stale: [keys.arms, keys.status, keys.arm(form.name.trim())],
    isQuiet: true,
    onDone: onClose,
    leave: ({ name }) => arm === undefined && void navigate({ to: "/arms/$name", params: { name } }),
  });
  const issues = issuesOf(save.error);
  const errorOf = (key: keyof ArmForm, path: string): string | undefined =>
    (isAsked || form[key] !== "" ? problems[key] : undefined) ?? issues.get(path);
  const submit = (): void => {
    setAsked(true);
    if (Object.keys(problems).length === 0)
      save.run({ name: form.name.trim(), settings: changedSettings(before, change) });
  };
  const set = (key: keyof ArmForm) => (value: string) => setForm((before) => ({ ...before, [key]: value }));
  const known = new Set(["name", "types", ...FIELDS.map(({ path }) => path)]);
  const isElsewhere = save.error !== null && ![...issues.keys()].some((path) => known.has(path));
  return (
    <FormDialog
      title={arm === undefined ? "New arm" : `Settings of ${arm.name}`}
      lead="A named lane of execution with limits of its own. Changes count at once; what runs is left alone."
      isWide
      deed={arm === undefined ? "Create arm" : "Save"}
      isBusy={save.isPending}
      error={isElsewhere ? save.error : undefined}
      onSend={submit}
      onClose={onClose}
    >
      {arm === undefined && (
        <TextInput
          label="Name"
          hint="a letter or _ first, then letters, digits and _ . : / -"
          value={form.name}
          onChange={set("name")}
          error={errorOf("name", "name")}
        />
      )}
      <div className={styles["fields"]}>
        {FIELDS.map(({ key, path, ...field }) => (
          <TextInput key={key} {...field} value={form[key]} onChange={set(key)} error={errorOf(key, path)} />
        ))}
      </div>
      <TextInput
        label="Types"
        hint="tasks of these types come here when they name no arm; with commas between them"
        placeholder="none"
        value={form.types}
        onChange={set("types")}
        error={errorOf("types", "types")}
      />
    </FormDialog>
  );
}
