/**
 * A line in which a person types which things they want, with completion at the caret. It asks while they type, once they
 * pause, and only for what can be read: a mistake is shown at its place, and the list stays as it was.
 */
import { Search, X } from "lucide-react";
import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import type { Completion, Completions } from "@octopus/view/complete-query.ts";
import type { QueryProblem } from "@octopus/view/query.ts";
import { useShortcut } from "../app/shortcuts.ts";
import { IconButton } from "./button.tsx";
import styles from "./query-bar.module.css";

interface QueryBarProps {
  label: string;
  placeholder: string;
  /** What is asked for now. */
  value: string;
  onChange(value: string): void;
  problemsOf(text: string): readonly QueryProblem[];
  complete(text: string, caret: number): Completions;
}

const PAUSE_MS = 350;

export function QueryBar({ label, placeholder, value, onChange, problemsOf, complete }: QueryBarProps) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const caretAt = useRef<number>(undefined);
  const [text, setText] = useState(value);
  const [asked, setAsked] = useState(value);
  const [offered, setOffered] = useState<Completions>();
  const [chosen, setChosen] = useState(-1);
  const [isTyping, setTyping] = useState(false);
  if (value !== asked) {
    setAsked(value);
    // A change from elsewhere, a chip or the Back key; what was typed here has come round.
    if (value !== text.trim()) setText(value);
  }

  const problems = problemsOf(text);
  const ask = (now: string): void => {
    setTyping(false);
    if (problemsOf(now).length === 0 && now.trim() !== value) onChange(now.trim());
  };
  useEffect(() => {
    if (!isTyping) return undefined;
    const timer = setTimeout(() => ask(text), PAUSE_MS);
    return () => clearTimeout(timer);
  });
  useShortcut({ keys: "/", label: "Find in this list", area: "In the list", run: () => input.current?.select() });

  const offer = (now: string, caret: number): void => {
    const found = complete(now, caret);
    const isThere = found.items.length === 1 && found.items[0]!.insert.trim() === now.slice(found.from, found.to);
    setOffered(found.items.length === 0 || isThere ? undefined : found);
    setChosen(-1);
  };
  const type = (now: string): void => {
    setText(now);
    setTyping(true);
    offer(now, input.current?.selectionStart ?? now.length);
  };
  const take = ({ insert }: Completion): void => {
    const { from, to } = offered!;
    const now = text.slice(0, from) + insert + text.slice(to).replace(/^ /, insert.endsWith(" ") ? "" : " ");
    const caret = from + insert.length;
    setText(now);
    setTyping(true);
    offer(now, caret);
    caretAt.current = caret;
  };
  // In the step that draws the text: a key may come before the next frame.
  useLayoutEffect(() => {
    const { current: caret } = caretAt;
    caretAt.current = undefined;
    if (caret !== undefined) input.current?.setSelectionRange(caret, caret);
  });

  const back = (): void => {
    setText(value);
    setTyping(false);
    document.querySelector<HTMLElement>("[data-list]")?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (offered === undefined) {
      if (event.key === "ArrowDown") offer(text, input.current?.selectionStart ?? 0);
      else if (event.key === "Enter") ask(text);
      else if (event.key === "Escape") back();
      else return;
    } else {
      const count = offered.items.length;
      const isTaken = event.key === "Tab" && !event.shiftKey && (chosen >= 0 || isStarted(text, offered));
      if (event.key === "ArrowDown") setChosen((chosen + 1) % count);
      else if (event.key === "ArrowUp") setChosen(chosen <= 0 ? count - 1 : chosen - 1);
      else if (isTaken || (event.key === "Enter" && chosen >= 0)) take(offered.items[Math.max(0, chosen)]!);
      else if (event.key === "Enter" || event.key === "Escape") setOffered(undefined);
      else return;
      if (event.key === "Enter" && chosen < 0) ask(text);
    }
    event.preventDefault();
  };

  const problem = isTyping ? undefined : problems[0];
  return (
    <div className={styles["bar"]}>
      <div className={`${styles["line"]} ${problem === undefined ? "" : styles["wrong"]}`}>
        <Search aria-hidden />
        <input
          ref={input}
          className={styles["input"]}
          type="text"
          role="combobox"
          aria-label={label}
          aria-expanded={offered !== undefined}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={chosen >= 0 ? `${id}-${chosen}` : undefined}
          aria-invalid={problem !== undefined || undefined}
          aria-describedby={problem === undefined ? undefined : `${id}-problem`}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          placeholder={placeholder}
          value={text}
          onChange={(event) => type(event.target.value)}
          onKeyDown={onKeyDown}
          onClick={() => offer(text, input.current?.selectionStart ?? 0)}
          onBlur={() => {
            setOffered(undefined);
            ask(text);
          }}
        />
        {text !== "" && (
          <IconButton
            label="Clear the filter"
            className={styles["clear"] ?? ""}
            onClick={() => {
              setText("");
              onChange("");
              input.current?.focus();
            }}
          >
            <X aria-hidden />
          </IconButton>
        )}
      </div>
      <div
        id={`${id}-list`}
        role="listbox"
        aria-label="Completions"
        hidden={offered === undefined}
        className={styles["list"]}
      >
        {offered?.items.map((one, i) => (
          <div
            key={one.label}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === chosen}
            className={`${styles["option"]} ${i === chosen ? styles["chosen"] : ""}`}
            // The line keeps the focus.
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => take(one)}
          >
            <span className={styles["word"]}>{one.label}</span>
            {one.says !== undefined && <span className={styles["says"]}>{one.says}</span>}
          </div>
        ))}
      </div>
      {problem !== undefined && (
        <p id={`${id}-problem`} className={styles["problem"]} role="alert">
          <mark>{text.slice(problem.from, problem.to)}</mark>: {problem.message}{" "}
          {problem.instead !== undefined && (
            <button
              type="button"
              className={styles["instead"]}
              onClick={() => {
                const now = text.slice(0, problem.from) + problem.instead + text.slice(problem.to);
                setText(now);
                ask(now);
              }}
            >
              Write {problem.instead}
            </button>
          )}
        </p>
      )}
    </div>
  );
}

/** True when something of the word that would be completed stands there. */
function isStarted(text: string, { from, to }: Completions): boolean {
  return text.slice(from, to).trim() !== "";
}
