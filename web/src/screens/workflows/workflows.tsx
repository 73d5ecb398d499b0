/** All registered workflows: what they are for, when they run by themselves, how they have gone; and a new one. */
import { useQuery } from "@tanstack/react-query";
import { Plus, Workflow as Sign } from "lucide-react";
import { useRef } from "react";
import { useSearchText } from "../../app/search.ts";
import { useShortcut } from "../../app/shortcuts.ts";
import { client } from "../../data/client.ts";
import { cliOption } from "../../data/here.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { Button } from "../../parts/button.tsx";
import { TextInput } from "../../parts/field.tsx";
import { Empty, Loading, Trouble } from "../../parts/notices.tsx";
import { Page, Panel } from "../../parts/page.tsx";
import { RunDialog } from "../workflow/run-dialog.tsx";
import { NewWorkflow } from "./new-workflow.tsx";
import { WorkflowList } from "./workflow-list.tsx";
import styles from "./workflows.module.css";

/** Runs that a strip shows. */
const RECENT = 12;

export function Workflows() {
  const [fresh, setFresh] = useSearchText("new");
  return fresh === "" ? <All openNew={() => setFresh("blank", { push: true })} /> : <NewWorkflow template={fresh} />;
}

function All({ openNew }: { openNew(): void }) {
  const [text, setText] = useSearchText("q");
  const [running, setRunning] = useSearchText("run");
  const isWriter = useMay("operator");
  const field = useRef<HTMLDivElement>(null);
  const { data, error, refetch } = useQuery({
    queryKey: [...keys.workflows, RECENT],
    queryFn: () => client.workflows({ recent: RECENT }),
  });
  const { data: schedules } = useQuery({ queryKey: keys.schedules, queryFn: () => client.schedules() });
  useShortcut({
    keys: "/",
    label: "Filter workflows",
    area: "Workflows",
    run: () => field.current?.querySelector("input")?.focus(),
  });
  useShortcut({ keys: "n", label: "New workflow", area: "Workflows", run: () => isWriter && openNew() });
  const actions = isWriter && (
    <Button kind="main" icon={<Plus aria-hidden />} onClick={openNew}>
      New workflow
    </Button>
  );
  if (data === undefined)
    return (
      <Page title="Workflows">
        {error === null ? <Loading /> : <Trouble error={error} retry={() => void refetch()} />}
      </Page>
    );
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = data.filter(({ name, description = "" }) =>
    words.every((word) => `${name} ${description}`.toLowerCase().includes(word)),
  );
  return (
    <Page title="Workflows" actions={actions}>
      {error !== null && <Trouble error={error} retry={() => void refetch()} />}
      {data.length === 0 ? (
        <Empty title="No workflow is registered" icon={<Sign aria-hidden />}>
          <p>
            A workflow says in a file which tasks need which. Write one here, or register a file with{" "}
            <code>octopus apply{cliOption} workflow.yaml</code>.
          </p>
          {actions}
        </Empty>
      ) : (
        <>
          <div className={styles["bar"]} ref={field}>
            <TextInput
              label="Filter workflows"
              isBare
              type="search"
              placeholder="Filter by name or description"
              value={text}
              onChange={setText}
            />
            <span className={styles["count"]} role="status">
              {shown.length === data.length ? `${data.length} workflows` : `${shown.length} of ${data.length}`}
            </span>
          </div>
          {shown.length === 0 ? (
            <Empty title="No workflow has these words">
              <Button onClick={() => setText(undefined)}>Show all {data.length}</Button>
            </Empty>
          ) : (
            <Panel isFlush>
              <WorkflowList workflows={shown} schedules={schedules ?? []} onRun={(name) => setRunning(name)} />
            </Panel>
          )}
        </>
      )}
      {running !== "" && <RunDialog name={running} onClose={() => setRunning(undefined)} />}
    </Page>
  );
}
