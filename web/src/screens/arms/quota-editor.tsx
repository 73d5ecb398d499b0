/** A quota as a form: a new one, or what an owner has. What is left empty has no limit. */
import { useState } from "react";
import type { QuotaSubmission } from "@octopus/protocol/arm.ts";
import type { QuotaView } from "@octopus/protocol/views.ts";
import { EMPTY_QUOTA, quotaFormOf, type QuotaForm, readQuotaForm } from "@octopus/view/arm-form.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { issuesOf } from "../../data/words.ts";
import { TextInput } from "../../parts/field.tsx";
import { FormDialog } from "../../parts/form-dialog.tsx";

const FIELDS = [
  { key: "concurrent", label: "At once", hint: "most of its tasks that run at the same time", placeholder: "no limit" },
  { key: "tasks", label: "Starts", hint: "in a window: 100/1h", placeholder: "no limit" },
  { key: "cpu", label: "CPU time", hint: "used by its tasks in a window: 30m/1d", placeholder: "no limit" },
] as const satisfies readonly { key: keyof QuotaForm; [more: string]: string }[];

export function QuotaEditor({ quota, onClose }: { quota: QuotaView | undefined; onClose(): void }) {
  const [form, setForm] = useState<QuotaForm>(() => (quota === undefined ? EMPTY_QUOTA : quotaFormOf(quota)));
  const [isAsked, setAsked] = useState(false);
  const { quota: made, problems } = readQuotaForm(form);
  const owner = form.owner.trim();
  const save = useAction({
    run: () => client.setQuota(owner, made as QuotaSubmission),
    done: () => `The quota of ${ownerWords(owner)} is set`,
    stale: [keys.quotas],
    isQuiet: true,
    onDone: onClose,
  });
  const issues = issuesOf(save.error);
  const submit = (): void => {
    setAsked(true);
    if (Object.keys(problems).length === 0) save.run();
  };
  const set = (key: keyof QuotaForm) => (value: string) => setForm((before) => ({ ...before, [key]: value }));
  /** The server tells of a part, `tasks.per`; the field is of the whole. */
  const errorOf = (key: keyof QuotaForm): string | undefined =>
    (isAsked || form[key] !== "" ? problems[key] : undefined) ??
    [...issues].find(([path]) => path === key || path.startsWith(`${key}.`))?.[1];
  return (
    <FormDialog
      title={quota === undefined ? "New quota" : `Quota of ${ownerWords(quota.owner)}`}
      lead="What is left empty has no limit."
      deed={quota === undefined ? "Create quota" : "Save quota"}
      isBusy={save.isPending}
      error={issues.size === 0 ? save.error : undefined}
      onSend={submit}
      onClose={onClose}
    >
      {quota === undefined && (
        <TextInput
          label="Owner"
          hint="as tasks name their owner; * is every owner without a quota of their own"
          value={form.owner}
          onChange={set("owner")}
          error={errorOf("owner")}
        />
      )}
      {FIELDS.map(({ key, ...field }) => (
        <TextInput key={key} {...field} value={form[key]} onChange={set(key)} error={errorOf(key)} />
      ))}
    </FormDialog>
  );
}

/** In a sentence: `*` says nothing to most people. */
export function ownerWords(owner: string): string {
  return owner === "*" ? "each other owner" : owner;
}
