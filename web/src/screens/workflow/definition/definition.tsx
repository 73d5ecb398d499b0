/**
 * The definition of a registered workflow, to be read and changed.
 *
 * DF1  What is typed is kept until it is saved or discarded, by this person.
 * DF2  A save says which definition it replaces; when somebody else was faster it is refused, and both texts are shown.
 */
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Save, Undo2 } from "lucide-react";
import { useMemo } from "react";
import type { WorkflowDetail } from "@octopus/protocol/run-views.ts";
import { isSameText, type WorkflowDraft } from "@octopus/view/workflow-drafts.ts";
import { useAction } from "../../../data/action.ts";
import { client } from "../../../data/client.ts";
import { keys } from "../../../data/keys.ts";
import { useMay } from "../../../data/session.ts";
import { Button } from "../../../parts/button.tsx";
import { useConfirm } from "../../../parts/dialog.tsx";
import { Remark, Trouble } from "../../../parts/notices.tsx";
import { useCheck } from "./check.ts";
import { dropDraft, keepDraft, useDraft, useLeaveGuard } from "./draft.ts";
import styles from "./definition.module.css";
import { Meanwhile } from "./meanwhile.tsx";
import { Workbench } from "./workbench.tsx";

export function Definition({ workflow }: { workflow: WorkflowDetail }) {
  const { name, definition, definitionHash, files } = workflow;
  const mayWrite = useMay("operator");
  const kept = useDraft(name);
  const saved = useMemo<WorkflowDraft>(
    () => ({ base: definitionHash, definition, files: files ?? {} }),
    [definitionHash, definition, files],
  );
  const draft = kept ?? saved;
  const isDirty = kept !== undefined;
  const isBehind = isDirty && kept.base !== definitionHash;
  const source = `${name}.yaml`;
  const checked = useCheck(draft, source);
  const { check, isOld } = checked;
  const otherName = check?.name !== undefined && check.name !== name ? check.name : undefined;
  useLeaveGuard(isDirty);

  const change = (next: WorkflowDraft): void => {
    if (isSameText(next, saved)) dropDraft(name);
    else keepDraft(name, { ...next, base: kept?.base ?? definitionHash });
  };
  const save = useSave(workflow, draft, otherName);
  // What has not been looked at yet is looked at when it is saved.
  const canSave = isDirty && !isBehind && (isOld || check?.valid === true);
  const discard = useDiscard(name);

  return (
    <Workbench
      source={source}
      draft={draft}
      checked={checked}
      onChange={mayWrite ? change : undefined}
      onSave={() => canSave && save.run()}
    >
      {mayWrite && (
        <div className={styles["bar"]}>
          <span className={styles["minor"]} role="status">
            {isDirty ? "Not saved yet; kept in this tab" : "As it is registered"}
          </span>
          {isDirty && (
            <Button isSmall icon={<Undo2 aria-hidden />} onClick={() => void discard()}>
              Discard changes
            </Button>
          )}
          <Button
            isSmall
            kind="main"
            icon={<Save aria-hidden />}
            disabled={!canSave}
            isBusy={save.isPending}
            onClick={() => save.run()}
            title="Save (Ctrl-S)"
          >
            {otherName === undefined ? "Save" : `Save as ${otherName}`}
          </Button>
        </div>
      )}
      {otherName !== undefined && isDirty && (
        <Remark tone="warn">
          The text names itself {otherName}: saving makes a new workflow of that name, and {name} stays as it is.
        </Remark>
      )}
      {isBehind && <Meanwhile name={name} draft={kept} saved={saved} />}
      {save.error !== null && <Trouble error={save.error} />}
    </Workbench>
  );
}

/** Registers what was written, if it is still what it was written over. */
function useSave({ name, definitionHash }: WorkflowDetail, draft: WorkflowDraft, otherName: string | undefined) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [only, file] = otherName === undefined ? [draft.base ?? definitionHash, name] : [null, otherName];
  const { definition, files } = draft;
  return useAction({
    run: () => client.setWorkflow({ definition, files, source: `${file}.yaml` }, { only }),
    isQuiet: true,
    stale: [keys.workflows, keys.workflow(name), keys.schedules],
    done: (saved) => `${saved.name} was saved`,
    onDone: (saved) => {
      // Before the draft goes: else what was registered before would be shown for a moment.
      queries.setQueryData(keys.workflow(saved.name), saved);
      dropDraft(name);
    },
    leave: (saved) =>
      saved.name !== name &&
      void navigate({ to: "/workflows/$name", params: { name: saved.name }, search: { tab: "definition" } as never }),
  });
}

function useDiscard(name: string): () => Promise<void> {
  const confirm = useConfirm();
  return async () => {
    const isSure = await confirm({
      title: "Discard what you have written?",
      text: `${name} will be shown as it is registered. What you have written is gone then.`,
      deed: "Discard it",
      isDanger: true,
    });
    if (isSure) dropDraft(name);
  };
}
