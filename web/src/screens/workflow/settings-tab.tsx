/** What is known of a workflow beside its text, and its removal. */
import { useNavigate } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import type { WorkflowDetail } from "@octopus/protocol/run-views.ts";
import { namespaceOption } from "@octopus/view/commands.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { namespaceSaid } from "../../data/here.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { Button } from "../../parts/button.tsx";
import { Copy } from "../../parts/copy.tsx";
import { useConfirm } from "../../parts/dialog.tsx";
import { Facts, Panel } from "../../parts/page.tsx";
import { Clock } from "../../parts/times.tsx";
import { dropDraft } from "./definition/draft.ts";
import styles from "./workflow.module.css";

export function SettingsTab({ workflow }: { workflow: WorkflowDetail }) {
  const { name, createdAt, updatedAt, definitionHash, schedules, files = {} } = workflow;
  const command = `octopus run${namespaceOption(namespaceSaid)} ${name}`;
  return (
    <div className={styles["panels"]}>
      <Panel title="About">
        <Facts
          facts={[
            ["First registered", <Clock key="first" at={createdAt} />],
            ["Changed", <Clock key="changed" at={updatedAt} />],
            [
              "Definition",
              <code key="hash" title={definitionHash}>
                {definitionHash.slice(0, 12)}
              </code>,
            ],
            ["Files beside it", Object.keys(files).join(", ")],
            ["Schedules", schedules.join(", ")],
            [
              "On the command line",
              <span key="command" className={styles["command"]}>
                <code>{command}</code> <Copy text={command} what="the command" />
              </span>,
            ],
          ]}
        />
      </Panel>
      <Removal workflow={workflow} />
    </div>
  );
}

function Removal({ workflow: { name, schedules } }: { workflow: WorkflowDetail }) {
  const mayRemove = useMay("operator");
  const confirm = useConfirm();
  const navigate = useNavigate();
  const remove = useAction({
    run: () => client.removeWorkflow(name),
    done: () => `${name} was removed; its runs stay`,
    gone: () => keys.workflow(name),
    stale: [keys.workflows, keys.schedules],
    onDone: () => dropDraft(name),
    leave: () => void navigate({ to: "/workflows" }),
  });
  if (!mayRemove) return null;
  const too =
    schedules.length === 0 ? "" : `, and its ${schedules.length === 1 ? "schedule" : `${schedules.length} schedules`}`;
  const ask = async (): Promise<void> => {
    const isSure = await confirm({
      title: `Remove ${name}?`,
      text: `The definition, what it was before${too} will be gone. Its runs stay as they are, and go on.`,
      deed: `Remove ${name}`,
      isDanger: true,
      typed: name,
    });
    if (isSure) remove.run();
  };
  return (
    <Panel title="Remove">
      <div className={styles["removal"]}>
        <p>Takes it off the list, with the schedules that its file asks for. Runs that there are stay.</p>
        <Button kind="danger" icon={<Trash2 aria-hidden />} onClick={() => void ask()} isBusy={remove.isPending}>
          Remove the workflow
        </Button>
      </div>
    </Panel>
  );
}
