/** One workflow: its runs against its tasks, its text, what it was before, when it runs by itself. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { OctopusError } from "@octopus/base/errors.ts";
import type { WorkflowDetail } from "@octopus/protocol/run-views.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { type Search, useSearchText } from "../../app/search.ts";
import { useShortcut } from "../../app/shortcuts.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { Button, ButtonLink } from "../../parts/button.tsx";
import { Loading, Remark, Trouble } from "../../parts/notices.tsx";
import { Page } from "../../parts/page.tsx";
import { type Tab, Tabs } from "../../parts/tabs.tsx";
import { PauseButton } from "../workflows/workflow-list.tsx";
import { Definition } from "./definition/definition.tsx";
import { useHasDraft } from "./definition/draft.ts";
import { RunGrid } from "./grid/run-grid.tsx";
import { RunDialog } from "./run-dialog.tsx";
import { SchedulesTab, useSchedulesOf } from "./schedules-tab.tsx";
import { SettingsTab } from "./settings-tab.tsx";
import { Versions } from "./versions.tsx";
import { useWorkflowName } from "./workflow-name.ts";

export function WorkflowPage() {
  const name = useWorkflowName();
  const { data, error, refetch } = useQuery({
    queryKey: keys.workflow(name),
    queryFn: () => client.workflow(name),
  });
  const above = <Link to="/workflows">Workflows</Link>;
  if (data !== undefined && !isGone(error))
    return <Registered key={name} workflow={data} trouble={error} retry={() => void refetch()} />;
  if (isGone(error)) return <Unregistered name={name} />;
  return (
    <Page title={inertLine(name)} above={above}>
      {error === null ? <Loading lines={6} /> : <Trouble error={error} retry={() => void refetch()} />}
    </Page>
  );
}

function isGone(error: unknown): boolean {
  return error instanceof OctopusError && error.code === "not_found";
}

function Registered({ workflow, trouble, retry }: { workflow: WorkflowDetail; trouble: unknown; retry(): void }) {
  const { name, description } = workflow;
  const [running, setRunning] = useSearchText("run");
  const schedules = useSchedulesOf(workflow);
  const hasDraft = useHasDraft(name);
  const mayRun = useMay("submitter");
  const run = (): void => setRunning("1");
  const navigate = useNavigate();
  // The values that the address gave go with the dialog that they were for.
  const stopRunning = (): void => {
    const search = (before: Search): Search => ({ ...before, run: undefined, params: undefined });
    void navigate({ to: ".", search: search as never, replace: true });
  };
  useShortcut({ keys: "r", label: "Run the workflow", area: "Workflow", run: () => mayRun && run() });
  const tabs: Tab[] = [
    { id: "runs", label: "Runs", content: <RunGrid name={name} onRun={mayRun ? run : undefined} /> },
    {
      id: "definition",
      label: hasDraft ? "Definition, changed" : "Definition",
      content: <Definition workflow={workflow} />,
    },
    { id: "versions", label: "Versions", content: <Versions workflow={workflow} /> },
    { id: "schedules", label: `Schedules (${schedules.length})`, content: <SchedulesTab schedules={schedules} /> },
    { id: "settings", label: "Settings", content: <SettingsTab workflow={workflow} /> },
  ];
  return (
    <Page
      isFull
      title={inertLine(name)}
      above={<Link to="/workflows">Workflows</Link>}
      lead={description === undefined ? undefined : inertLine(description)}
      actions={
        <>
          <PauseButton workflow={name} schedules={schedules} isLarge />
          {mayRun && (
            <Button kind="main" icon={<Play aria-hidden />} onClick={run}>
              Run
            </Button>
          )}
        </>
      }
    >
      {trouble !== null && <Trouble error={trouble} retry={retry} />}
      <Tabs tabs={tabs} label="What is shown of the workflow" isFull />
      {running !== "" && <RunDialog name={name} onClose={stopRunning} />}
    </Page>
  );
}

/** Runs may have been of files, or of a workflow that was removed since. */
function Unregistered({ name }: { name: string }) {
  const mayWrite = useMay("operator");
  return (
    <Page isFull title={inertLine(name)} above={<Link to="/workflows">Workflows</Link>}>
      <Remark
        tone="off"
        actions={
          mayWrite && (
            <ButtonLink to="/workflows" search={{ new: "blank" } as never} isSmall>
              New workflow
            </ButtonLink>
          )
        }
      >
        No workflow is registered under this name. Runs of files that have it are shown here all the same.
      </Remark>
      <RunGrid name={name} onRun={undefined} />
    </Page>
  );
}
