/** CodeMirror's view of differences in React: made anew when its texts change, which are read and not written here. */
import { MergeView, unifiedMergeView } from "@codemirror/merge";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { useEffect, useRef, useState } from "react";
import type { DiffProps } from "./diff.tsx";
import styles from "./diff.module.css";
import { reading } from "./extensions.ts";

const COLLAPSE = { margin: 3, minSize: 6 };
/** Less room than this holds no two columns. */
const WIDE = "(min-width: 900px)";

export function Merge({ before, after, language, label, beforeTitle, afterTitle }: DiffProps) {
  const host = useRef<HTMLDivElement>(null);
  const isWide = useIsWide();
  useEffect(() => {
    const fixed = (title: string): Extension => [
      EditorState.readOnly.of(true),
      reading(language),
      EditorView.contentAttributes.of({ "aria-label": `${label}: ${title}`, tabindex: "0" }),
    ];
    const parent = host.current!;
    const view = isWide
      ? new MergeView({
          parent,
          a: { doc: before, extensions: fixed(beforeTitle) },
          b: { doc: after, extensions: fixed(afterTitle) },
          collapseUnchanged: COLLAPSE,
        })
      : new EditorView({
          parent,
          doc: after,
          extensions: [
            fixed(`${beforeTitle}, ${afterTitle}`),
            unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: COLLAPSE }),
          ],
        });
    return () => view.destroy();
  }, [before, after, language, label, beforeTitle, afterTitle, isWide]);
  return (
    <div className={styles["frame"]}>
      <div className={styles["titles"]}>
        <span className={styles["before"]}>− {beforeTitle}</span>
        <span className={styles["after"]}>+ {afterTitle}</span>
      </div>
      {before === after && <p className={styles["same"]}>Both are the same.</p>}
      <div ref={host} className={styles["host"]} tabIndex={0} role="region" aria-label={label} />
    </div>
  );
}

function useIsWide(): boolean {
  const [isWide, setWide] = useState(() => window.matchMedia(WIDE).matches);
  useEffect(() => {
    const query = window.matchMedia(WIDE);
    const hear = (): void => setWide(query.matches);
    query.addEventListener("change", hear);
    return () => query.removeEventListener("change", hear);
  }, []);
  return isWide;
}
