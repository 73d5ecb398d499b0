/** What owners may use, and how much of it they have used. */
import { Pencil, Plus, Trash2, Users } from "lucide-react";
import { useState } from "react";
import type { QuotaSubmission } from "@octopus/protocol/arm.ts";
import type { QuotaView } from "@octopus/protocol/views.ts";
import { EMPTY_QUOTA, quotaFormOf, type QuotaForm, readQuotaForm } from "@octopus/view/arm-form.ts";
import { rateText, spanText } from "@octopus/view/limits.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useQuotas } from "../../data/quotas.ts";
import { useMay } from "../../data/session.ts";
import { issuesOf, wordsOf } from "../../data/words.ts";
import { Button, IconButton } from "../../parts/button.tsx";
import { Dialog, useConfirm } from "../../parts/dialog.tsx";
import { TextInput } from "../../parts/field.tsx";
import { Empty, Loading, Remark, Trouble } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import { Slots } from "../../parts/slots.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Ago } from "../../parts/times.tsx";
import styles from "./arm-editor.module.css";

export function Quotas() {
  const { data, error, refetch } = useQuotas();
  const mayChange = useMay("operator");
  /** `null`: a new one. */
  const [edited, setEdited] = useState<QuotaView | null>();
  const add = mayChange && (
    <Button isSmall icon={<Plus aria-hidden />} onClick={() => setEdited(null)}>
      New quota
    </Button>
  );
  const columns: Column<QuotaView>[] = [
    { title: "Owner", cell: ({ owner }) => (owner === "*" ? "* (each other owner)" : owner), isWide: true },
    { title: "At once", cell: ({ active, concurrent }) => <Slots used={active} limit={concurrent} /> },
    {
      title: "Tasks",
      cell: ({ tasks, tasksUsed, tasksResetAt }) => (
        <Used limit={tasks && rateText(tasks)} used={tasksUsed} until={tasksResetAt} />
      ),
    },
    {
      title: "CPU time",
      cell: ({ cpu, cpuUsedMs, cpuResetAt }) => (
        <Used
          limit={cpu && `${spanText(cpu.limitMs)}/${spanText(cpu.perMs)}`}
          used={cpuUsedMs === undefined ? undefined : spanText(cpuUsedMs)}
          until={cpuResetAt}
        />
      ),
    },
    { title: "", cell: (quota) => mayChange && <Deeds quota={quota} edit={() => setEdited(quota)} /> },
  ];
  return (
    <>
      {error !== null && <Trouble error={error} retry={() => void refetch()} />}
      {data === undefined ? (
        error === null && <Loading />
      ) : data.length === 0 ? (
        <Empty title="No owner has a quota" icon={<Users aria-hidden />}>
          <p>
            A task says whose it is with <code>owner</code>. A quota limits how many tasks of an owner run at once,
            start in a time, or how much CPU time they take.
          </p>
          <p>{add}</p>
        </Empty>
      ) : (
        <Panel title="Quotas of owners" actions={add} isFlush>
          <Table label="Quotas" columns={columns} rows={data} keyOf={({ owner }) => owner} />
        </Panel>
      )}
      {edited !== undefined && <QuotaEditor quota={edited ?? undefined} onClose={() => setEdited(undefined)} />}
    </>
  );
}

function Used({
  limit,
  used,
  until,
}: {
  limit: string | undefined;
  used: number | string | undefined;
  until: string | undefined;
}) {
  if (limit === undefined) return "no limit";
  return (
    <>
      {used === undefined ? "" : `${used} of `}
      {limit}
      {until !== undefined && (
        <>
          , anew <Ago at={until} />
        </>
      )}
    </>
  );
}

function Deeds({ quota: { owner }, edit }: { quota: QuotaView; edit(): void }) {
  const confirm = useConfirm();
  const remove = useAction({
    run: () => client.removeQuota(owner),
    done: () => `The quota of ${owner} is gone`,
    stale: [keys.quotas],
  });
  const ask = async (): Promise<void> => {
    const rest =
      owner === "*"
        ? "Owners without a quota of their own have no limit then."
        : "The quota of * holds for it then, if there is one.";
    if (await confirm({ title: `Remove the quota of ${owner}?`, text: rest, deed: "Remove the quota", isDanger: true }))
      remove.run();
  };
  return (
    <>
      <IconButton label={`Change the quota of ${owner}`} onClick={edit}>
        <Pencil aria-hidden />
      </IconButton>
      <IconButton label={`Remove the quota of ${owner}`} onClick={() => void ask()} disabled={remove.isPending}>
        <Trash2 aria-hidden />
      </IconButton>
    </>
  );
}

const FIELDS = [
  { key: "concurrent", path: "concurrent", label: "At once", hint: "most of its tasks that run at the same time" },
  { key: "tasks", path: "tasks", label: "Tasks per time", hint: "starts in a window: 100/1h" },
  { key: "cpu", path: "cpu", label: "CPU time per time", hint: "used by its tasks in a window: 30m/1d" },
] as const;

function QuotaEditor({ quota, onClose }: { quota: QuotaView | undefined; onClose(): void }) {
  const [form, setForm] = useState<QuotaForm>(() => (quota === undefined ? EMPTY_QUOTA : quotaFormOf(quota)));
  const [isAsked, setAsked] = useState(false);
  const { quota: made, problems } = readQuotaForm(form);
  const save = useAction({
    run: () => client.setQuota(form.owner.trim(), made as QuotaSubmission),
    done: () => `The quota of ${form.owner.trim()} is set`,
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
  const errorOf = (key: keyof QuotaForm): string | undefined =>
    (isAsked || form[key] !== "" ? problems[key] : undefined) ?? issues.get(key);
  return (
    <Dialog
      title={quota === undefined ? "New quota" : `Quota of ${quota.owner}`}
      lead="What is left empty has no limit."
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Leave as it is</Button>
          <Button kind="main" isBusy={save.isPending} onClick={submit}>
            {quota === undefined ? "Set the quota" : "Save"}
          </Button>
        </>
      }
    >
      <form
        className={styles["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {save.error !== null && issues.size === 0 && <Remark tone="bad">{wordsOf(save.error)}</Remark>}
        {quota === undefined && (
          <TextInput
            label="Owner"
            hint="* is every owner without a quota of its own"
            autoFocus
            value={form.owner}
            onChange={set("owner")}
            error={errorOf("owner")}
          />
        )}
        {FIELDS.map(({ key, label, hint }) => (
          <TextInput
            key={key}
            label={label}
            hint={hint}
            placeholder="no limit"
            value={form[key]}
            onChange={set(key)}
            error={errorOf(key)}
          />
        ))}
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}
