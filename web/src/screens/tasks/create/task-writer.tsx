/** The form itself: what is done, what every task has, and what the server says of it. */
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { OctopusError } from "@octopus/base/errors.ts";
import type { TaskSubmission } from "@octopus/protocol/task.ts";
import type { TaskView } from "@octopus/protocol/views.ts";
import { curlOf, namespaceOption, shellQuote } from "@octopus/view/commands.ts";
import { placeIssues } from "@octopus/view/form-path.ts";
import { kindOf } from "@octopus/view/task-draft.ts";
import {
  FIRST_KEYS,
  FORM_KINDS,
  type FormKind,
  KIND_LABELS,
  TASK_SECTIONS,
  workKeys,
} from "@octopus/view/task-schema.ts";
import { useAction } from "../../../data/action.ts";
import { client } from "../../../data/client.ts";
import { address, namespaceSaid } from "../../../data/here.ts";
import { useSession } from "../../../data/session.ts";
import { wordsOf } from "../../../data/words.ts";
import { Editor } from "../../../editor/editor.tsx";
import { Button } from "../../../parts/button.tsx";
import { ChipToggle } from "../../../parts/chips.tsx";
import { Copy } from "../../../parts/copy.tsx";
import { Dialog } from "../../../parts/dialog.tsx";
import { Remark } from "../../../parts/notices.tsx";
import { SchemaForm } from "../../../parts/schema-form.tsx";
import { useKnownPlugins, useSuggestions } from "./known.ts";
import styles from "./task-form.module.css";
import { type DraftState, forget, type Submission, useDraft } from "./use-draft.ts";

interface WriterProps {
  title: string;
  /** Where what was typed is kept. */
  place: string;
  start: Submission;
  kind: FormKind;
  /** The task whose place it takes; absent for a new one. */
  edited?: TaskView;
  onClose(): void;
}

/** What the server says of a new task, or of one that was changed. */
interface Answer {
  id: string;
  existed?: boolean | undefined;
  warnings?: string[] | undefined;
}

export function TaskWriter({ title, place, start, kind, edited, onClose }: WriterProps) {
  const draft = useDraft(place, start, kindOf(start) ?? kind);
  const plugins = useKnownPlugins(draft.json);
  const suggest = useSuggestions(plugins);
  const { learn } = draft;
  useEffect(() => learn(plugins), [learn, plugins]);
  const [isTold, setTold] = useState(false);
  const [notShown, setNotShown] = useState<string>();
  // The next screen may take a while to load: until then a form that is done with would take the keys meant for the page.
  const [isDone, setDone] = useState(false);
  const navigate = useNavigate();
  const submit = useAction({
    run: async (): Promise<Answer> => {
      const submission = draft.json as TaskSubmission;
      return edited === undefined ? client.submitAlone(submission) : client.replaceTask(edited.id, submission);
    },
    isQuiet: true,
    stale: [["tasks"], ["status"]],
    done: (answer: Answer) => {
      if (edited !== undefined) return `${edited.id} is changed.`;
      const { id, existed, warnings = [] } = answer;
      if (existed === true) return `${id} was there already: nothing new was made.`;
      return [`${id} is submitted.`, ...warnings].join(" ");
    },
    onDone: () => {
      forget(place);
      setDone(true);
    },
    // In the form's place: the way back leads to where a person was before it.
    leave: ({ id }: Answer) => void navigate({ to: "/tasks/$id", params: { id }, replace: true }),
  });
  const refused = useMemo(() => (submit.error instanceof OctopusError ? submit.error.issues : []), [submit.error]);
  const issues = useMemo(() => [...(isTold ? draft.errors : []), ...refused], [isTold, draft.errors, refused]);
  const { at, rest } = useMemo(() => placeIssues(draft.form, issues), [draft.form, issues]);
  const send = (): void => {
    setTold(true);
    if (draft.errors.length === 0) submit.run();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
  };
  if (isDone) return null;
  const isUntouched = JSON.stringify(draft.json) === JSON.stringify(start);
  const untold = submit.error !== null && refused.length === 0 ? wordsOf(submit.error) : undefined;
  return (
    <Dialog
      title={title}
      isOpen
      isWide
      onClose={onClose}
      actions={
        <>
          <Copies json={draft.json} edited={edited} />
          {!isUntouched && (
            <Button
              kind="quiet"
              onClick={() => {
                draft.reset(start);
                setTold(false);
                submit.reset();
              }}
            >
              Begin anew
            </Button>
          )}
          <Button onClick={onClose}>Close</Button>
          <Button kind="main" isBusy={submit.isPending} onClick={send}>
            {edited === undefined ? "Submit task" : "Save changes"}
          </Button>
        </>
      }
    >
      <div onKeyDown={onKeyDown} className={styles["whole"]}>
        <Kinds draft={draft} onProblem={setNotShown} />
        {untold !== undefined && <Remark tone="bad">{untold}</Remark>}
        {notShown !== undefined && <Remark tone="warn">This JSON has no form yet: {notShown}.</Remark>}
        {rest.length > 0 && !draft.isJson && (
          <Remark tone="bad">{rest.map(({ path, message }) => `${path} ${message}`.trim()).join("; ")}</Remark>
        )}
        {draft.isJson ? (
          <>
            {issues.length > 0 && (
              <Remark tone="bad">{issues.map(({ path, message }) => `${path} ${message}`.trim()).join("; ")}</Remark>
            )}
            <Editor
              language="json"
              label="Task as JSON"
              value={draft.text}
              onChange={draft.setText}
              onSave={send}
              isFocused
            />
          </>
        ) : (
          <Fields draft={draft} issues={at} suggest={suggest} />
        )}
      </div>
    </Dialog>
  );
}

function Kinds({ draft, onProblem }: { draft: DraftState; onProblem(problem: string | undefined): void }) {
  const navigate = useNavigate();
  return (
    <div className={styles["kinds"]}>
      <div className={styles["kinds"]} role="group" aria-label="What it is">
        {FORM_KINDS.map((kind) => (
          <ChipToggle
            key={kind}
            isOn={kind === draft.kind}
            onChange={() => {
              onProblem(undefined);
              if (kind !== draft.kind) draft.setKind(kind);
            }}
          >
            {KIND_LABELS[kind]}
          </ChipToggle>
        ))}
        <ChipToggle isOn={false} onChange={() => void navigate({ to: "/workflows" })}>
          Workflow …
        </ChipToggle>
      </div>
      <div className={styles["as"]} role="group" aria-label="How it is written">
        <ChipToggle isOn={!draft.isJson} onChange={() => onProblem(draft.isJson ? draft.showForm() : undefined)}>
          Form
        </ChipToggle>
        <ChipToggle
          isOn={draft.isJson}
          onChange={() => {
            onProblem(undefined);
            if (!draft.isJson) draft.showJson();
          }}
        >
          JSON
        </ChipToggle>
      </div>
    </div>
  );
}

function Fields({
  draft,
  issues,
  suggest,
}: {
  draft: DraftState;
  issues: ReadonlyMap<string, string>;
  suggest: ReturnType<typeof useSuggestions>;
}) {
  const shared = { form: draft.form, values: draft.values, onChange: draft.setValues, issues, suggest };
  const first = useRef<HTMLDivElement>(null);
  useEffect(() => first.current?.querySelector<HTMLElement>("input, textarea, select")?.focus(), [draft.kind]);
  return (
    <>
      <div ref={first}>
        <SchemaForm {...shared} only={workKeys(draft.kind)} isFlat />
      </div>
      <SchemaForm {...shared} only={FIRST_KEYS} isGrid />
      {TASK_SECTIONS.map(({ title, keys }) => {
        const given = keys.filter((key) => draft.json[key] !== undefined);
        const isWrong = keys.some((key) => [...issues.keys()].some((path) => path.split(/[.[]/)[0] === key));
        return (
          <details key={title} className={styles["part"]} open={isWrong || undefined}>
            <summary>
              {title} {given.length > 0 && <span className={styles["said"]}>{given.join(", ")}</span>}
            </summary>
            <SchemaForm {...shared} only={keys} />
          </details>
        );
      })}
      <SchemaForm {...shared} only={[]} withMore />
    </>
  );
}

/** The same from elsewhere. */
function Copies({ json, edited }: { json: Submission; edited: TaskView | undefined }) {
  const { isOpen } = useSession();
  const where = { url: address, needsToken: !isOpen };
  const path = edited === undefined ? "/tasks" : `/tasks/${encodeURIComponent(edited.id)}`;
  return (
    <div className={styles["copies"]}>
      <Copy
        what="it as curl"
        label="curl"
        text={() => curlOf(where, { method: edited === undefined ? "POST" : "PUT", path, body: json })}
      />
      {edited === undefined && (
        <Copy
          what="it as a command"
          label="CLI"
          text={() =>
            `echo ${shellQuote(JSON.stringify(json))} | octopus submit${namespaceOption(namespaceSaid)} --from-json -`
          }
        />
      )}
    </div>
  );
}
