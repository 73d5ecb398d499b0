/** Quotas: how much of the system each owner may use at once, and how much in a period. */
import { Plus } from "lucide-react";
import { useState } from "react";
import type { QuotaSubmission } from "@octopus/protocol/arm.ts";
import type { QuotaView } from "@octopus/protocol/views.ts";
import { spanText } from "@octopus/view/limits.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useQuotas } from "../../data/quotas.ts";
import { useMay } from "../../data/session.ts";
import { issuesOf, wordsOf } from "../../data/words.ts";
import { Button } from "../../parts/button.tsx";
import { Dialog, useConfirm } from "../../parts/dialog.tsx";
import { TextInput } from "../../parts/field.tsx";
import { Empty, Loading, Remark, Trouble } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Ago } from "../../parts/times.tsx";
import { Meter } from "../workers/meter.tsx";
import styles from "./settings.module.css";

export function Quotas() {
  const mayChange = useMay("operator");
  const [edited, setEdited] = useState<{ quota?: QuotaView }>();
  const { data, error, refetch } = useQuotas();
  if (data === undefined)
    return error === null ? <Loading lines={4} /> : <Trouble error={error} retry={() => void refetch()} />;
  const columns: readonly Column<QuotaView>[] = [
    { title: "Owner", cell: ({ owner }) => (owner === "*" ? "everybody else" : owner), isWide: true },
    { title: "At once", cell: ({ active, concurrent }) => <Used used={active} total={concurrent} unit="running" /> },
    {
      title: "Starts",
      cell: ({ tasks, tasksUsed = 0 }) =>
        tasks && <Used used={tasksUsed} total={tasks.limit} unit={`in ${spanText(tasks.perMs)}`} />,
    },
    {
      title: "CPU time",
      cell: ({ cpu, cpuUsedMs = 0 }) =>
        cpu && (
          <Meter
            label={`${spanText(cpuUsedMs)} of ${spanText(cpu.limitMs)} in ${spanText(cpu.perMs)}`}
            text={`${spanText(cpuUsedMs)} of ${spanText(cpu.limitMs)} in ${spanText(cpu.perMs)}`}
            used={cpuUsedMs}
            total={cpu.limitMs}
            tone={cpuUsedMs >= cpu.limitMs ? "warn" : "accent"}
          />
        ),
    },
    {
      title: "New window",
      cell: ({ tasksResetAt, cpuResetAt }) => (
        <Ago at={[tasksResetAt, cpuResetAt].filter((at) => at !== undefined).toSorted()[0]} />
      ),
      isMinor: true,
    },
    ...(mayChange
      ? [
          {
            title: "Deeds",
            cell: (quota: QuotaView) => <Deeds quota={quota} edit={() => setEdited({ quota })} />,
          },
        ]
      : []),
  ];
  const add = mayChange && (
    <Button kind="main" icon={<Plus aria-hidden />} onClick={() => setEdited({})}>
      New quota
    </Button>
  );
  return (
    <div className={styles["all"]}>
      {data.length > 0 && add !== false && <div>{add}</div>}
      <Panel isFlush>
        {data.length === 0 ? (
          <Empty title="Nobody has a quota">
            <p>A quota says how much an owner of tasks may run at once, start, or compute in a period.</p>
            {add !== false && <p>{add}</p>}
          </Empty>
        ) : (
          <Table label="Quotas" columns={columns} rows={data} keyOf={({ owner }) => owner} />
        )}
      </Panel>
      {edited !== undefined && <QuotaEditor {...edited} onClose={() => setEdited(undefined)} />}
    </div>
  );
}

function Used({ used, total, unit }: { used: number; total: number | undefined; unit: string }) {
  if (total === undefined)
    return (
      <>
        {used} {unit}, no limit
      </>
    );
  const words = `${used} of ${total} ${unit}`;
  return <Meter label={words} text={words} used={used} total={total} tone={used >= total ? "warn" : "accent"} />;
}

function Deeds({ quota: { owner }, edit }: { quota: QuotaView; edit(): void }) {
  const confirm = useConfirm();
  const remove = useAction({
    run: () => client.removeQuota(owner),
    done: () => `the quota of ${owner} is gone`,
    stale: [keys.quotas],
  });
  const ask = async (): Promise<void> => {
    const whose = owner === "*" ? "everybody else" : owner;
    const text =
      owner === "*"
        ? "Owners without a quota of their own have no limit then."
        : "Then the quota of everybody else counts, if there is one.";
    if (await confirm({ title: `Remove the quota of ${whose}?`, text, deed: "Remove quota", isDanger: true }))
      remove.run();
  };
  return (
    <span className={styles["deeds"]}>
      <Button isSmall onClick={edit} aria-label={`Edit the quota of ${owner}`}>
        Edit
      </Button>
      <Button
        isSmall
        kind="danger"
        isBusy={remove.isPending}
        onClick={() => void ask()}
        aria-label={`Remove the quota of ${owner}`}
      >
        Remove
      </Button>
    </span>
  );
}

function QuotaEditor({ quota, onClose }: { quota?: QuotaView; onClose(): void }) {
  const isNew = quota === undefined;
  const [owner, setOwner] = useState(quota?.owner ?? "");
  const [texts, setTexts] = useState(() => textsOf(quota));
  const save = useAction({
    run: () => client.setQuota(owner.trim(), submissionOf(texts)),
    done: (saved) => `the quota of ${saved.owner} is saved`,
    stale: [keys.quotas],
    isQuiet: true,
    onDone: onClose,
  });
  const issues = issuesOf(save.error);
  const whose = owner === "*" ? "everybody else" : owner;
  return (
    <Dialog
      title={isNew ? "New quota" : `Quota of ${whose}`}
      lead="What is left empty has no limit."
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{isNew ? "Cancel" : "Keep as it is"}</Button>
          <Button kind="main" isBusy={save.isPending} disabled={owner.trim() === ""} onClick={() => save.run()}>
            {isNew ? "Make quota" : "Save quota"}
          </Button>
        </>
      }
    >
      <form
        className={styles["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          if (owner.trim() !== "") save.run();
        }}
      >
        {isNew && (
          <TextInput
            label="Owner"
            hint="As tasks name their owner; * is everybody without a quota of their own"
            value={owner}
            onChange={setOwner}
            error={issues.get("owner")}
            autoFocus
          />
        )}
        <QuotaFields texts={texts} change={(more) => setTexts({ ...texts, ...more })} issues={issues} />
        {save.error !== null && issues.size === 0 && <Remark tone="bad">{wordsOf(save.error)}</Remark>}
        <button type="submit" className="visually-hidden" tabIndex={-1} aria-hidden>
          Send
        </button>
      </form>
    </Dialog>
  );
}

interface QuotaTexts {
  concurrent: string;
  starts: string;
  startsPer: string;
  cpu: string;
  cpuPer: string;
}

interface QuotaFieldsProps {
  texts: QuotaTexts;
  change(more: Partial<QuotaTexts>): void;
  issues: ReadonlyMap<string, string>;
}

function QuotaFields({ texts, change, issues }: QuotaFieldsProps) {
  return (
    <>
      <TextInput
        label="At once"
        hint="Most of their tasks that run at the same time"
        inputMode="numeric"
        value={texts.concurrent}
        onChange={(concurrent) => change({ concurrent })}
        error={issues.get("concurrent")}
      />
      <div className={styles["fields"]}>
        <TextInput
          label="Starts"
          inputMode="numeric"
          value={texts.starts}
          onChange={(starts) => change({ starts })}
          error={issues.get("tasks.limit") ?? issues.get("tasks")}
        />
        <TextInput
          label="in"
          placeholder="1h"
          value={texts.startsPer}
          onChange={(startsPer) => change({ startsPer })}
          error={issues.get("tasks.per")}
        />
      </div>
      <div className={styles["fields"]}>
        <TextInput
          label="CPU time"
          placeholder="2h"
          value={texts.cpu}
          onChange={(cpu) => change({ cpu })}
          error={issues.get("cpu.limit") ?? issues.get("cpu")}
        />
        <TextInput
          label="in a period of"
          placeholder="1d"
          value={texts.cpuPer}
          onChange={(cpuPer) => change({ cpuPer })}
          error={issues.get("cpu.per")}
        />
      </div>
    </>
  );
}

function textsOf({ concurrent, tasks, cpu }: Partial<QuotaView> = {}): QuotaTexts {
  return {
    concurrent: concurrent?.toString() ?? "",
    starts: tasks?.limit.toString() ?? "",
    startsPer: tasks === undefined ? "1h" : spanText(tasks.perMs),
    cpu: cpu === undefined ? "" : spanText(cpu.limitMs),
    cpuPer: cpu === undefined ? "1d" : spanText(cpu.perMs),
  };
}

/** What is no number goes as it was typed: the server says what is wrong with it. */
function submissionOf({ concurrent, starts, startsPer, cpu, cpuPer }: QuotaTexts): QuotaSubmission {
  const count = (text: string): number => (/^\d+$/.test(text.trim()) ? Number(text) : (text as unknown as number));
  return {
    ...(concurrent.trim() !== "" && { concurrent: count(concurrent) }),
    ...(starts.trim() !== "" && { tasks: { limit: count(starts), per: startsPer.trim() } }),
    ...(cpu.trim() !== "" && { cpu: { limit: cpu.trim(), per: cpuPer.trim() } }),
  };
}
