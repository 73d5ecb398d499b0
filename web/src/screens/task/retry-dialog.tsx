/** Another try with other input: what it had stands there, and what was typed stays when the server says no. */
import { useState } from "react";
import type { Json } from "@octopus/base/words.ts";
import type { TaskDetail } from "@octopus/protocol/views.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { Editor } from "../../editor/editor.tsx";
import { Button } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Trouble } from "../../parts/notices.tsx";
import { jsonText, parseJson } from "./json-text.ts";
import styles from "./task.module.css";

export function RetryDialog({ task, onClose }: { task: TaskDetail; onClose(): void }) {
  const { value, words } = inputOf(task);
  const [text, setText] = useState(() => jsonText(value));
  const parsed = parseJson(text);
  const retry = useAction({
    run: (input: Json) => client.retryTask(task.id, { input }),
    done: () => `${task.id} is tried again.`,
    stale: [keys.task(task.id), ["tasks"]],
    onDone: onClose,
    isQuiet: true,
  });
  return (
    <Dialog
      title={`Retry ${task.id} with other input`}
      lead={words}
      isOpen
      isWide
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button
            kind="main"
            isBusy={retry.isPending}
            disabled={"problem" in parsed}
            onClick={() => "value" in parsed && retry.run(parsed.value)}
          >
            Retry
          </Button>
        </>
      }
    >
      <div className={styles["form"]}>
        <Editor
          language="json"
          label="Input as JSON"
          value={text}
          onChange={setText}
          problems={"problem" in parsed ? [parsed.problem] : []}
        />
        {retry.error !== null && <Trouble error={retry.error} />}
      </div>
    </Dialog>
  );
}

/** What the input of this kind of work is. */
function inputOf({ kind, work }: TaskDetail): { value: unknown; words: string } {
  const own = work as Record<string, Record<string, unknown> | undefined>;
  switch (kind) {
    case "call":
      return { value: (work as { input?: unknown }).input ?? null, words: "What the function gets." };
    case "http":
      return { value: own["http"]?.["body"] ?? null, words: "The body of the request." };
    case "shell":
    case "docker":
    case "wasm":
      return {
        value: own[kind]?.["env"] ?? {},
        words: "Environment variables: those that stand here are set, the others stay as they are.",
      };
    case "plugin":
      return {
        value: own["plugin"]?.["kwargs"] ?? own["plugin"]?.["args"] ?? {},
        words: "The values of the plugin: a list in their order, or a mapping by their names.",
      };
    case "custom":
      return { value: own["custom"]?.["with"] ?? {}, words: "What the executor gets." };
    default:
      return { value: null, words: "What it gets." };
  }
}
