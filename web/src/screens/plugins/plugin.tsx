/** One plugin: its actions, to be tried with a form; its files; its versions; which worker has which. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { Trash2, Upload } from "lucide-react";
import { useState } from "react";
import { formatSize } from "@octopus/base/duration.ts";
import type { PluginDetail } from "@octopus/protocol/plugin.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { Absent } from "../../parts/absent.tsx";
import { Button, ButtonLink } from "../../parts/button.tsx";
import { useConfirm } from "../../parts/dialog.tsx";
import { WorkerLink } from "../../parts/links.tsx";
import { Empty, Remark } from "../../parts/notices.tsx";
import { Page, Panel } from "../../parts/page.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Tabs } from "../../parts/tabs.tsx";
import { Ago } from "../../parts/times.tsx";
import { DropZone } from "./drop-zone.tsx";
import type { PickedFile } from "./picked-files.ts";
import { isSpreading, SPREAD_MS } from "./spread.tsx";
import { PluginFiles } from "./plugin-files.tsx";
import { TryAction } from "./try-action.tsx";
import { UploadDialog } from "./upload-dialog.tsx";

export function PluginPage() {
  const { name } = useParams({ from: "/plugins/$name" });
  const { data, error, refetch } = useQuery({
    queryKey: keys.plugin(name),
    queryFn: () => client.plugin(name),
    refetchInterval: ({ state }) => (state.data !== undefined && isSpreading(state.data) ? SPREAD_MS : false),
  });
  const above = <Link to="/plugins">Plugins</Link>;
  if (data === undefined)
    return (
      <Absent name={name} above={above} kind="plugin" error={error} retry={() => void refetch()}>
        <p>It was removed, or never published.</p>
        <ButtonLink to="/plugins">All plugins</ButtonLink>
      </Absent>
    );
  return <Plugin plugin={data} above={above} />;
}

function Plugin({ plugin, above }: { plugin: PluginDetail; above: React.ReactNode }) {
  const { name, version, language, description, bytes, source, publishedAt, publishedBy, problem, versions } = plugin;
  const mayChange = useMay("admin");
  const [dropped, setDropped] = useState<{ files: readonly PickedFile[] }>();
  const upload = (files: readonly PickedFile[] = []) => setDropped({ files });
  const page = (
    <Page
      title={name}
      above={above}
      lead={
        <>
          version {version}, {language}, {formatSize(bytes)}, from{" "}
          {source === "folder" ? "the folder of plugins" : "an upload"}, <Ago at={publishedAt} />
          {publishedBy !== undefined && ` by ${publishedBy}`}
          {description !== undefined && <p>{inertLine(description)}</p>}
        </>
      }
      actions={
        mayChange && (
          <>
            <Remove plugin={plugin} />
            <Button icon={<Upload aria-hidden />} onClick={() => upload()}>
              New version
            </Button>
          </>
        )
      }
    >
      {problem !== undefined && (
        <Remark tone="bad">Its file cannot be used as it is, so this version stays: {inertLine(problem)}</Remark>
      )}
      <Tabs
        label="Parts of the plugin"
        tabs={[
          { id: "actions", label: `Actions (${plugin.actions.length})`, content: <TryAction plugin={plugin} /> },
          { id: "files", label: "Files", content: <PluginFiles plugin={plugin} /> },
          { id: "versions", label: `Versions (${versions.length})`, content: <Versions plugin={plugin} /> },
          { id: "workers", label: "Workers", content: <PluginWorkers plugin={plugin} /> },
        ]}
      />
      {dropped !== undefined && (
        <UploadDialog files={dropped.files} known={[plugin]} name={name} onClose={() => setDropped(undefined)} />
      )}
    </Page>
  );
  return mayChange && dropped === undefined ? <DropZone onFiles={upload}>{page}</DropZone> : page;
}

/** Goes with what happens while the question stands: a version that was just brought is still on its way. */
function WhomItConcerns({ name }: { name: string }) {
  const { data } = useQuery({ queryKey: keys.plugin(name), queryFn: () => client.plugin(name) });
  if (data === undefined) return null;
  const { ready, coming } = data.workers;
  const has =
    ready.length === 0 ? "No worker has" : ready.length === 1 ? "One worker has" : `${ready.length} workers have`;
  const rest =
    coming.length === 0 ? "" : `, and it is on its way to ${ready.length === 0 ? "" : "another "}${coming.length}`;
  return `${has} it${rest}. What runs goes on; tasks that ask for its newest version from now on fail.`;
}

function Remove({ plugin: { name } }: { plugin: PluginDetail }) {
  const confirm = useConfirm();
  const navigate = useNavigate();
  const remove = useAction({
    run: () => client.removePlugin(name),
    done: () => `${name} is removed`,
    gone: () => keys.plugin(name),
    stale: [keys.plugins],
    leave: () => void navigate({ to: "/plugins" }),
  });
  const ask = async (): Promise<void> => {
    const isSure = await confirm({
      title: `Remove ${name}?`,
      text: <WhomItConcerns name={name} />,
      deed: "Remove plugin",
      isDanger: true,
    });
    if (isSure) remove.run();
  };
  return (
    <Button kind="danger" icon={<Trash2 aria-hidden />} isBusy={remove.isPending} onClick={() => void ask()}>
      Remove
    </Button>
  );
}

type Version = PluginDetail["versions"][number];

function Versions({ plugin: { name, versions, version: newest } }: { plugin: PluginDetail }) {
  const columns: readonly Column<Version>[] = [
    {
      title: "Version",
      cell: ({ version }) => (
        <Link to="/plugins/$name" params={{ name }} search={{ tab: "files", version: String(version) } as never}>
          {version}
          {version === newest && " (newest)"}
        </Link>
      ),
    },
    { title: "Since", cell: ({ publishedAt }) => <Ago at={publishedAt} /> },
    { title: "By", cell: ({ publishedBy }) => publishedBy ?? "", isMinor: true },
    { title: "Files", cell: ({ files }) => inertLine(files.map(({ path }) => path).join(", ")), isWide: true },
    {
      title: "Size",
      cell: ({ files }) => formatSize(files.reduce((sum, { bytes }) => sum + bytes, 0)),
      isNumber: true,
      isMinor: true,
    },
    { title: "Hash", cell: ({ hash }) => <code title={hash}>{hash.slice(0, 12)}</code>, isMinor: true },
  ];
  return (
    <Panel isFlush>
      <Table label={`Versions of ${name}`} columns={columns} rows={versions} keyOf={({ version }) => String(version)} />
    </Panel>
  );
}

function PluginWorkers({ plugin: { name, version, workers } }: { plugin: PluginDetail }) {
  const { ready, failed, coming, older } = workers;
  const rows = [
    ...Object.entries(failed).map(([worker, why]) => ({ worker, state: "failed" as const, words: inertLine(why) })),
    ...coming.map((worker) => ({ worker, state: "queued" as const, words: "is getting it" })),
    ...ready.map((worker) => ({ worker, state: "succeeded" as const, words: `has version ${version}` })),
  ];
  return (
    <Panel isFlush>
      {rows.length === 0 ? (
        <Empty title="No connected worker can have plugins">It is sent to each that connects.</Empty>
      ) : (
        <Table
          label={`Workers with ${name}`}
          rows={rows}
          keyOf={({ worker }) => worker}
          columns={[
            { title: "Worker", cell: ({ worker }) => <WorkerLink name={worker} /> },
            {
              title: "State",
              cell: ({ state, words }) => (
                <StateMark state={state} withLabel label={state === "failed" ? "could not get it" : words} />
              ),
            },
            { title: "Before", cell: ({ worker }) => (older[worker] === undefined ? "" : `version ${older[worker]}`) },
            { title: "Why", cell: ({ state, words }) => (state === "failed" ? words : ""), isWide: true },
          ]}
        />
      )}
    </Panel>
  );
}
