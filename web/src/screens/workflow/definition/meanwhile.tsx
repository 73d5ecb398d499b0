/** Somebody else has saved the workflow while it was being written here: both texts, and what to do. */
import { useState } from "react";
import type { WorkflowDraft } from "@octopus/view/workflow-drafts.ts";
import { Button } from "../../../parts/button.tsx";
import { Dialog, useConfirm } from "../../../parts/dialog.tsx";
import { Remark } from "../../../parts/notices.tsx";
import { Diff } from "../../../editor/diff.tsx";
import { dropDraft, keepDraft } from "./draft.ts";
import styles from "./definition.module.css";

interface Props {
  name: string;
  draft: WorkflowDraft;
  saved: WorkflowDraft;
}

export function Meanwhile({ name, draft, saved }: Props) {
  const [isShown, setShown] = useState(false);
  const confirm = useConfirm();
  const takeTheirs = async (): Promise<void> => {
    const isSure = await confirm({
      title: "Take what was saved?",
      text: "What you have written is gone then.",
      deed: "Take theirs",
      isDanger: true,
    });
    if (isSure) dropDraft(name);
  };
  const files = new Set([...Object.keys(saved.files), ...Object.keys(draft.files)]);
  return (
    <Remark
      tone="warn"
      actions={
        <span className={styles["deeds"]}>
          <Button isSmall onClick={() => setShown(true)}>
            Show the difference
          </Button>
          <Button isSmall onClick={() => void takeTheirs()}>
            Take theirs
          </Button>
          <Button isSmall onClick={() => keepDraft(name, { ...draft, base: saved.base })}>
            Go on with mine
          </Button>
        </span>
      }
    >
      {name} was saved by somebody else while you were writing. Yours is kept here; saving it would undo theirs.
      <Dialog
        title={`Two texts of ${name}`}
        isOpen={isShown}
        onClose={() => setShown(false)}
        isWide
        actions={<Button onClick={() => setShown(false)}>Back to the text</Button>}
      >
        <Diff
          language="yaml"
          label="What was saved against what you have written"
          beforeTitle="saved meanwhile"
          afterTitle="yours"
          before={saved.definition}
          after={draft.definition}
        />
        {[...files].map((file) => (
          <Diff
            key={file}
            language="yaml"
            label={`What is different in ${file}`}
            beforeTitle={`saved meanwhile: ${file}`}
            afterTitle={`yours: ${file}`}
            before={saved.files[file] ?? ""}
            after={draft.files[file] ?? ""}
          />
        ))}
      </Dialog>
    </Remark>
  );
}
