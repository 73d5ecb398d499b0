/** A workflow being written: its texts, what the server says of them, and a picture of what a run would do. */
import { FileCode2 } from "lucide-react";
import { lazy, type ReactNode, Suspense, useMemo, useState } from "react";
import { planLine, planParts } from "@octopus/view/plan-parts.ts";
import type { WorkflowDraft } from "@octopus/view/workflow-drafts.ts";
import { ChipToggle } from "../../../parts/chips.tsx";
import { Empty, Loading, Trouble } from "../../../parts/notices.tsx";
import { Editor } from "../../../editor/editor.tsx";
import { type Checked, findingsOf, marksOf } from "./check.ts";
import styles from "./definition.module.css";
import { Findings } from "./findings.tsx";

const Picture = lazy(() => import("../../../graph/picture.tsx").then((loaded) => ({ default: loaded.Picture })));

interface Props {
  /** What the main text is called in what is said of it. */
  source: string;
  draft: WorkflowDraft;
  checked: Checked;
  /** Absent: it is only read. */
  onChange: ((draft: WorkflowDraft) => void) | undefined;
  onSave(): void;
  children?: ReactNode;
}

export function Workbench({ source, draft, checked, onChange, onSave, children }: Props) {
  const [chosen, setFile] = useState(source);
  const [goTo, setGoTo] = useState<{ line: number }>();
  const { check } = checked;
  const findings = useMemo(() => (check === undefined ? [] : findingsOf(check)), [check]);
  const names = Object.keys(draft.files);
  const file = names.includes(chosen) ? chosen : source;
  const problems = useMemo(() => marksOf(findings, file), [findings, file]);
  const text = file === source ? draft.definition : draft.files[file]!;
  const write = (value: string): void =>
    onChange?.(
      file === source ? { ...draft, definition: value } : { ...draft, files: { ...draft.files, [file]: value } },
    );
  return (
    <div className={styles["bench"]}>
      <div className={styles["writing"]}>
        {children}
        {names.length > 0 && (
          <div className={styles["files"]} role="group" aria-label="Files">
            <FileCode2 aria-hidden className={styles["sign"]} />
            {[source, ...names].map((name) => (
              <ChipToggle key={name} isOn={name === file} onChange={() => setFile(name)}>
                {name}
              </ChipToggle>
            ))}
          </div>
        )}
        <Editor
          key={file}
          language="yaml"
          knows="workflow"
          label={`Definition ${file}`}
          value={text}
          problems={problems}
          isFull
          goTo={goTo}
          onSave={onSave}
          {...(onChange !== undefined && { onChange: write })}
        />
        <Findings
          checked={checked}
          findings={findings}
          onChoose={({ file: other, line }) => {
            if (other !== undefined) setFile(other);
            if (line !== undefined) setGoTo({ line });
          }}
        />
      </div>
      <Preview checked={checked} />
    </div>
  );
}

/** The picture of the last text that was right. */
function Preview({ checked: { check, error } }: { checked: Checked }) {
  const [kept, setKept] = useState(check?.plan);
  if (check?.plan !== undefined && check.plan !== kept) setKept(check.plan);
  const plan = check?.plan ?? kept;
  const parts = useMemo(() => (plan === undefined ? undefined : planParts(plan)), [plan]);
  const lines = useMemo(() => new Map(plan?.tasks.map((task) => [task.name, planLine(task)])), [plan]);
  const isOld = check !== undefined && check.plan === undefined;
  return (
    <section className={styles["preview"]} aria-label="What a run would do">
      <div className={styles["previewHead"]}>
        <h2>What a run would do</h2>
        {plan !== undefined && (
          <span className={styles["minor"]}>
            {plan.total === 1 ? "1 task" : `${plan.total} tasks`}, at most {plan.widest} at once
            {plan.total > plan.tasks.length && `, the first ${plan.tasks.length} are drawn`}
          </span>
        )}
      </div>
      <div className={`${styles["picture"]} ${isOld ? styles["old"] : ""}`}>
        {parts === undefined ? (
          error !== null && error !== undefined ? (
            <Trouble error={error} />
          ) : (
            <Empty title="There is nothing to draw yet">
              <p>The picture appears as soon as the text is a workflow.</p>
            </Empty>
          )
        ) : (
          <Suspense fallback={<Loading lines={5} />}>
            <Picture
              label="Tasks and what they need"
              parts={parts}
              look="plan"
              says={({ id }) => lines.get(id) ?? ""}
            />
          </Suspense>
        )}
      </div>
    </section>
  );
}
