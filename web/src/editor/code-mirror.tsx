/**
 * CodeMirror in React. The view is made once; what changes from outside goes into it as a transaction.
 *
 * CM1  A value from outside replaces the text only when it is another one than the text that was told last: what is being
 *      typed is never overtaken by its own echo.
 */
import { setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { EditorState, type Text } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { useEffect, useRef } from "react";
import type { EditorProblem, EditorProps } from "./editor.tsx";
import styles from "./editor.module.css";
import { reading, writing } from "./extensions.ts";
import { completeWorkflow, explainWorkflow } from "./workflow-words.ts";

export function CodeMirror(props: EditorProps) {
  const { value, language, label, problems, knows, isFull = false, goTo, onChange } = props;
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const held = useRef(props);
  held.current = props;
  const isReadOnly = onChange === undefined;

  useEffect(() => {
    const made = new EditorView({
      parent: host.current!,
      state: EditorState.create({
        doc: held.current.value,
        extensions: [
          keymap.of([{ key: "Mod-s", run: () => save(held.current) }]),
          isReadOnly ? [EditorState.readOnly.of(true), reading(language)] : writing(language),
          knows === "workflow" ? [explainWorkflow, EditorState.languageData.of(() => COMPLETION)] : [],
          EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) held.current.onChange?.(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = made;
    if (held.current.isFocused === true) made.focus();
    return () => {
      made.destroy();
      view.current = undefined;
    };
  }, [language, label, knows, isReadOnly]);

  useEffect(() => {
    const { current } = view;
    if (current === undefined || current.state.doc.toString() === value) return; // CM1
    current.dispatch({ changes: { from: 0, to: current.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    const { current } = view;
    if (current === undefined) return;
    const { doc } = current.state;
    current.dispatch(
      setDiagnostics(
        current.state,
        (problems ?? []).map((one) => diagnosticOf(doc, one)),
      ),
    );
  }, [problems]);

  useEffect(() => {
    const { current } = view;
    if (current === undefined || goTo === undefined) return;
    const { from } = current.state.doc.line(Math.min(goTo.line, current.state.doc.lines));
    current.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
    current.focus();
  }, [goTo]);

  return <div ref={host} className={`${styles["frame"]} ${isFull ? styles["full"] : styles["bounded"]}`} />;
}

const COMPLETION = [{ autocomplete: completeWorkflow }];

function save({ onSave }: EditorProps): boolean {
  onSave?.();
  return onSave !== undefined;
}

/** The word at the place; the whole line where none stands there. */
function diagnosticOf(doc: Text, { line: number, column = 1, message, isWarning }: EditorProblem): Diagnostic {
  const line = doc.line(Math.max(1, Math.min(number, doc.lines)));
  const start = Math.min(line.from + column - 1, line.to);
  const word = /^[^\s:,\]}]+/.exec(line.text.slice(start - line.from));
  const isWhole = word === null;
  const indent = /^\s*/.exec(line.text)![0].length;
  return {
    from: isWhole ? Math.min(line.from + indent, line.to) : start,
    to: isWhole ? line.to : start + word[0].length,
    severity: isWarning === true ? "warning" : "error",
    message,
  };
}
