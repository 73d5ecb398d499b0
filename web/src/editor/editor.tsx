/** The editor of YAML and JSON, and what stands in its place until it is loaded. CodeMirror comes with the first one. */
import { type ComponentProps, lazy, Suspense } from "react";
import styles from "./editor.module.css";

/** Something to say about a place in the text, from line 1 and column 1. */
export interface EditorProblem {
  line: number;
  column?: number;
  message: string;
  isWarning?: boolean;
}

export interface EditorProps {
  language: "yaml" | "json" | "text";
  value: string;
  /** Absent: it is read only. */
  onChange?: (value: string) => void;
  /** What is edited, for those who do not see it. */
  label: string;
  problems?: readonly EditorProblem[];
  /** What completes and explains keys. */
  knows?: "workflow";
  /** Ctrl-S. */
  onSave?: () => void;
  /** It takes the height that there is and scrolls inside; else it is as high as its text, within bounds. */
  isFull?: boolean;
  /** Whoever asked for it writes next: it has the caret when it comes. */
  isFocused?: boolean;
  /** Puts the caret there when it changes: a line, from 1. */
  goTo?: { line: number } | undefined;
}

const Loaded = lazy(() => import("./code-mirror.tsx").then(({ CodeMirror }) => ({ default: CodeMirror })));

export function Editor(props: EditorProps) {
  return (
    <Suspense fallback={<Waiting {...props} />}>
      <Loaded {...props} />
    </Suspense>
  );
}

/** The text can be read already, and is where it will be. */
function Waiting({ value, label, isFull = false }: ComponentProps<typeof Editor>) {
  return (
    <pre className={`${styles["frame"]} ${styles["waiting"]} ${isFull ? styles["full"] : ""}`} aria-label={label}>
      {value}
    </pre>
  );
}
