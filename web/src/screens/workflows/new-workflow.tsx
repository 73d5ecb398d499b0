/** A new workflow: from a template, written here, kept until it is saved. */
import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Save } from "lucide-react";
import { useMemo } from "react";
import type { WorkflowDraft } from "@octopus/view/workflow-drafts.ts";
import { templateOf, TEMPLATES } from "@octopus/view/workflow-templates.ts";
import { useSearchText } from "../../app/search.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { Button, ButtonLink } from "../../parts/button.tsx";
import { ChipToggle } from "../../parts/chips.tsx";
import { useConfirm } from "../../parts/dialog.tsx";
import { Remark, Trouble } from "../../parts/notices.tsx";
import { Page } from "../../parts/page.tsx";
import { useCheck } from "../workflow/definition/check.ts";
import { dropDraft, keepDraft, NEW, useDraft, useLeaveGuard } from "../workflow/definition/draft.ts";
import { Workbench } from "../workflow/definition/workbench.tsx";
import styles from "./workflows.module.css";

const SOURCE = "workflow.yaml";

export function NewWorkflow({ template }: { template: string }) {
  const [, setTemplate] = useSearchText("new");
  const mayWrite = useMay("operator");
  const kept = useDraft(NEW);
  const begun = useMemo<WorkflowDraft>(
    () => ({ base: null, definition: templateOf(template).definition, files: {} }),
    [template],
  );
  const draft = kept ?? begun;
  const checked = useCheck(draft, SOURCE);
  const confirm = useConfirm();
  const save = useSave(draft);
  // What has not been looked at yet is looked at when it is saved.
  const canSave = mayWrite && draft.definition.trim() !== "" && (checked.isOld || checked.check?.valid === true);
  useLeaveGuard(kept !== undefined);

  const choose = async (id: string): Promise<void> => {
    if (kept !== undefined) {
      const isSure = await confirm({
        title: "Begin anew?",
        text: "What you have written is replaced by the template.",
        deed: "Take the template",
        isDanger: true,
      });
      if (!isSure) return;
      dropDraft(NEW);
    }
    setTemplate(id);
  };

  return (
    <Page
      isFull
      title="New workflow"
      above={<Link to="/workflows">Workflows</Link>}
      actions={
        <>
          <ButtonLink to="/workflows">{kept === undefined ? "Back" : "Later"}</ButtonLink>
          <Button
            kind="main"
            icon={<Save aria-hidden />}
            disabled={!canSave}
            isBusy={save.isPending}
            onClick={() => save.run()}
            title="Save (Ctrl-S)"
          >
            {checked.check?.name === undefined ? "Save" : `Save as ${checked.check.name}`}
          </Button>
        </>
      }
    >
      <Workbench
        source={SOURCE}
        draft={draft}
        checked={checked}
        onChange={mayWrite ? (next) => keepDraft(NEW, { ...next, base: null }) : undefined}
        onSave={() => canSave && save.run()}
      >
        <div className={styles["templates"]} role="group" aria-label="Begin with">
          {TEMPLATES.map(({ id, title, about }) => (
            <span key={id} title={about}>
              <ChipToggle isOn={kept === undefined && id === templateOf(template).id} onChange={() => void choose(id)}>
                {title}
              </ChipToggle>
            </span>
          ))}
        </div>
        {!mayWrite && <Remark tone="off">Saving a workflow needs the role of an operator.</Remark>}
        {save.error !== null && <Trouble error={save.error} />}
      </Workbench>
    </Page>
  );
}

function useSave({ definition, files }: WorkflowDraft) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  return useAction({
    run: () => client.setWorkflow({ definition, files, source: SOURCE }, { only: null }),
    isQuiet: true,
    stale: [keys.workflows, keys.schedules],
    done: ({ name }) => `${name} was saved`,
    onDone: (saved) => {
      queries.setQueryData(keys.workflow(saved.name), saved);
      dropDraft(NEW);
    },
    leave: ({ name }) => void navigate({ to: "/workflows/$name", params: { name } }),
  });
}
