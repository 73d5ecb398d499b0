/** What owners may use, and how much of it they have used. */
import { Pencil, Plus, Trash2, Users } from "lucide-react";
import { useState } from "react";
import type { QuotaView } from "@octopus/protocol/views.ts";
import { spanText } from "@octopus/view/limits.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useQuotas } from "../../data/quotas.ts";
import { useMay } from "../../data/session.ts";
import { Button, IconButton } from "../../parts/button.tsx";
import { useConfirm } from "../../parts/dialog.tsx";
import { Meter } from "../../parts/meter.tsx";
import { Empty, Loading, Trouble } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Ago } from "../../parts/times.tsx";
import { ownerWords, QuotaEditor } from "./quota-editor.tsx";

const COLUMNS: readonly Column<QuotaView>[] = [
  { title: "Owner", cell: ({ owner }) => (owner === "*" ? "* (each other owner)" : owner), isWide: true },
  {
    title: "At once",
    cell: ({ active, concurrent }) =>
      concurrent === undefined ? (
        `${active} running, no limit`
      ) : (
        <Used words={`${active} of ${concurrent} running`} used={active} total={concurrent} />
      ),
  },
  {
    title: "Starts",
    cell: ({ tasks, tasksUsed = 0 }) =>
      tasks === undefined ? (
        "no limit"
      ) : (
        <Used
          words={`${tasksUsed} of ${tasks.limit} in ${spanText(tasks.perMs)}`}
          used={tasksUsed}
          total={tasks.limit}
        />
      ),
  },
  {
    title: "CPU time",
    cell: ({ cpu, cpuUsedMs = 0 }) =>
      cpu === undefined ? (
        "no limit"
      ) : (
        <Used
          words={`${spanText(cpuUsedMs)} of ${spanText(cpu.limitMs)} in ${spanText(cpu.perMs)}`}
          used={cpuUsedMs}
          total={cpu.limitMs}
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
];

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
  const deeds: Column<QuotaView> = {
    title: "",
    cell: (quota) => <Deeds quota={quota} edit={() => setEdited(quota)} />,
  };
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
          <Table
            label="Quotas"
            columns={mayChange ? [...COLUMNS, deeds] : COLUMNS}
            rows={data}
            keyOf={({ owner }) => owner}
          />
        </Panel>
      )}
      {edited !== undefined && <QuotaEditor quota={edited ?? undefined} onClose={() => setEdited(undefined)} />}
    </>
  );
}

function Used({ words, used, total }: { words: string; used: number; total: number }) {
  return <Meter label={words} text={words} used={used} total={total} tone={used >= total ? "warn" : "accent"} />;
}

function Deeds({ quota: { owner }, edit }: { quota: QuotaView; edit(): void }) {
  const confirm = useConfirm();
  const remove = useAction({
    run: () => client.removeQuota(owner),
    done: () => `The quota of ${ownerWords(owner)} is gone`,
    stale: [keys.quotas],
  });
  const ask = async (): Promise<void> => {
    const title = `Remove the quota of ${ownerWords(owner)}?`;
    const text =
      owner === "*"
        ? "Owners without a quota of their own have no limit then."
        : "The quota of * holds for it then, if there is one.";
    if (await confirm({ title, text, deed: "Remove quota", isDanger: true })) remove.run();
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
