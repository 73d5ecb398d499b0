/** An event to try a trigger with: what it would start is shown, and nothing starts. */
import { useState } from "react";
import type { TriggerTest, TriggerView } from "@octopus/protocol/trigger.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { wordsOf } from "../../data/words.ts";
import { Editor } from "../../editor/editor.tsx";
import { Button } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Remark } from "../../parts/notices.tsx";
import styles from "./triggers.module.css";

const EXAMPLES: Readonly<Record<TriggerView["kind"], unknown>> = {
  webhook: { headers: { "content-type": "application/json" }, query: {}, body: { hello: "world" } },
  watch: { path: "/data/inbox/a.csv", name: "a.csv", change: "created", size: 120 },
  stream: { text: "a line" },
};

export function TestTrigger({ trigger: { name, kind }, onClose }: { trigger: TriggerView; onClose(): void }) {
  const [text, setText] = useState(() => JSON.stringify(EXAMPLES[kind], undefined, 2));
  const test = useAction({
    run: async () => client.testTrigger(name, JSON.parse(text) as TriggerTest["event"]),
    isQuiet: true,
  });
  const [draft, setDraft] = useState<Awaited<ReturnType<typeof client.testTrigger>>>();
  const run = (): void => {
    setDraft(undefined);
    test.run(undefined, { onSuccess: setDraft });
  };
  return (
    <Dialog
      title={`Try ${name} with an event`}
      lead="It shows what would start. Nothing starts."
      isOpen
      isWide
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button kind="main" isBusy={test.isPending} onClick={run}>
            Show what would start
          </Button>
        </>
      }
    >
      <div className={styles["form"]}>
        <Editor
          language="json"
          label="Event as JSON"
          value={text}
          onChange={(value) => {
            setText(value);
            setDraft(undefined);
            test.reset();
          }}
          onSave={run}
        />
        {test.error !== null && <Remark tone="bad">{wordsOf(test.error)}</Remark>}
        {draft !== undefined && (
          <section aria-live="polite" aria-label="What would start">
            {draft.starts ? (
              <>
                <p className={styles["hint"]}>
                  {draft.task === undefined ? "It would start this run:" : "It would start this task:"}
                </p>
                <pre className={styles["draft"]} tabIndex={0}>
                  {JSON.stringify(draft.task ?? draft.run, undefined, 2)}
                </pre>
              </>
            ) : (
              <Remark tone="off">Nothing would start: `when` is false for this event.</Remark>
            )}
          </section>
        )}
      </div>
    </Dialog>
  );
}
