/** The bar above a log: attempts, search, errors, how it is shown, and what is done with the chosen lines. */
import {
  AlertTriangle,
  ChevronDown,
  ChevronUp,
  Clock3,
  Download,
  Link as LinkSign,
  Search,
  WrapText,
  X,
} from "lucide-react";
import { type KeyboardEvent, type ReactNode, useRef, useState } from "react";
import { plainLine } from "@octopus/view/ansi.ts";
import { inert } from "@octopus/view/inert.ts";
import { address } from "../data/here.ts";
import { useShortcut } from "../app/shortcuts.ts";
import { client } from "../data/client.ts";
import { wordsOf } from "../data/words.ts";
import { Button, IconButton } from "../parts/button.tsx";
import { useClipboard } from "../parts/clipboard.tsx";
import { Select } from "../parts/field.tsx";
import { useToasts } from "../parts/toasts.tsx";
import type { LogLinesHeld } from "./log-lines-held.ts";
import { parseRange, type Range, rangeText } from "./range.ts";
import type { Search as Found } from "./use-log-search.ts";
import styles from "./log-tools.module.css";

interface LogToolsProps {
  id: string;
  attempts: number;
  attempt: number | undefined;
  onAttempt(attempt: number | undefined): void;
  find: string;
  isExact: boolean;
  search: Found;
  current: number | undefined;
  goTo(line: number): void;
  onFind(text: string): void;
  onAgain(): void;
  onExact(isExact: boolean): void;
  isWrapped: boolean;
  onWrap(isWrapped: boolean): void;
  showsTimes: boolean;
  onTimes(shows: boolean): void;
  range: Range | undefined;
  onRange(range: Range | undefined): void;
  held: LogLinesHeld | undefined;
  tools: ReactNode;
  label: string;
  ownsUrl: boolean;
}

export function LogTools(props: LogToolsProps) {
  const { id, attempts, attempt, isWrapped, showsTimes, range, tools } = props;
  return (
    <div className={styles["bar"]} role="toolbar" aria-label={`Tools: ${props.label}`}>
      {attempts > 1 && (
        <Select
          label="Attempt"
          isBare
          value={String(attempt ?? "")}
          onChange={(value) => props.onAttempt(value === "" ? undefined : Number(value))}
          options={[
            { value: "", label: `Newest attempt (${attempts})` },
            ...Array.from({ length: attempts }, (_, i) => ({
              value: String(attempts - i),
              label: `Attempt ${attempts - i}`,
            })),
          ]}
        />
      )}
      <Finder {...props} />
      <div className={styles["group"]}>
        <FirstError {...props} />
        <Toggle label="Wrap long lines" isOn={isWrapped} onChange={props.onWrap}>
          <WrapText aria-hidden />
        </Toggle>
        <Toggle label="Show times" isOn={showsTimes} onChange={props.onTimes}>
          <Clock3 aria-hidden />
        </Toggle>
        <a
          className={styles["download"]}
          href={`${address}/api/v1/tasks/${encodeURIComponent(id)}/logs/raw${attempt === undefined ? "" : `?attempt=${attempt}`}`}
          download={`${id}.log`}
          title="Download as it was printed"
          aria-label="Download as it was printed"
        >
          <Download aria-hidden />
        </a>
        {tools}
      </div>
      {range !== undefined && <Chosen {...props} range={range} />}
    </div>
  );
}

function Toggle({
  label,
  isOn,
  onChange,
  children,
}: {
  label: string;
  isOn: boolean;
  onChange(isOn: boolean): void;
  children: ReactNode;
}) {
  return (
    <IconButton
      label={label}
      aria-pressed={isOn}
      className={isOn ? (styles["on"] ?? "") : ""}
      onClick={() => onChange(!isOn)}
    >
      {children}
    </IconButton>
  );
}

/** A text that is looked for; `:120` goes to a line. */
function Finder({
  find,
  isExact,
  search,
  current,
  held,
  goTo,
  onFind,
  onAgain,
  onExact,
  onRange,
  ownsUrl,
}: LogToolsProps) {
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(find);
  const { hits, error } = search;
  useShortcut({
    keys: ownsUrl ? "/" : "no key",
    label: "Search the log",
    area: "Logs",
    run: () => input.current?.focus(),
  });
  const place = hits.findIndex(({ line }) => line === current);
  const step = (by: 1 | -1): void => {
    if (hits.length === 0) return onAgain();
    if (place < 0) return goTo(hits[by > 0 ? 0 : hits.length - 1]!.line);
    goTo(hits[(place + by + hits.length) % hits.length]!.line);
  };
  const keyed = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.key === "Escape") {
      setTyped("");
      onFind("");
      input.current?.blur();
    } else if (event.key === "Enter") {
      const range = typed.startsWith(":") ? parseRange(typed.slice(1)) : undefined;
      if (range !== undefined) onRange(range);
      else step(event.shiftKey ? -1 : 1);
    } else return;
    event.preventDefault();
  };
  const change = (text: string): void => {
    setTyped(text);
    if (!text.startsWith(":")) onFind(text);
  };
  const last = held?.extent?.lastLine ?? 0;
  const count = error !== undefined ? wordsOf(error) : countText(search, place, last);
  return (
    <div className={styles["finder"]}>
      <Search aria-hidden className={styles["sign"]} />
      <input
        ref={input}
        className={styles["input"]}
        type="text"
        aria-label="Search the log, or :120 for a line"
        placeholder="Search, or :120 for a line"
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={(event) => change(event.target.value)}
        onKeyDown={keyed}
      />
      {find !== "" && (
        <>
          <span className={styles["count"]} role="status">
            {count}
          </span>
          <Toggle label="Capitals count" isOn={isExact} onChange={onExact}>
            <span className={styles["letters"]}>Aa</span>
          </Toggle>
          <IconButton label="Hit before" onClick={() => step(-1)}>
            <ChevronUp aria-hidden />
          </IconButton>
          <IconButton label="Next hit" onClick={() => step(1)}>
            <ChevronDown aria-hidden />
          </IconButton>
        </>
      )}
    </div>
  );
}

function countText({ hits, isCut, isBusy, readTo }: Found, place: number, last: number): string {
  const count = hits.length;
  const all = `${count.toLocaleString("en")}${isCut ? "+" : ""}`;
  if (isBusy) return last === 0 ? "…" : `${all} … ${Math.floor((100 * readTo) / last)} %`;
  if (count === 0) return "no line";
  return place < 0 ? `${all} ${count === 1 ? "line" : "lines"}` : `${(place + 1).toLocaleString("en")} of ${all}`;
}

function FirstError({ id, held, goTo }: LogToolsProps) {
  const toasts = useToasts();
  const [isBusy, setBusy] = useState(false);
  const find = async (): Promise<void> => {
    setBusy(true);
    try {
      const attempt = held?.extent?.attempt;
      let after: number | undefined;
      let stderr: number | undefined;
      do {
        const found = await client.findInLog(id, { attempt, after, limit: 1 });
        const [hit] = found.items;
        if (hit !== undefined) return goTo(hit.line);
        stderr ??= found.firstStderr;
        after = found.next;
      } while (after !== undefined);
      if (stderr !== undefined) return goTo(stderr);
      toasts.tell({ tone: "good", text: "No line reads like an error, and nothing was printed to standard error." });
    } catch (error) {
      toasts.tell({ tone: "bad", text: wordsOf(error) });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button isSmall kind="quiet" isBusy={isBusy} icon={<AlertTriangle aria-hidden />} onClick={() => void find()}>
      First error
    </Button>
  );
}

const COPIED_BYTES_MAX = 8 * 1024 * 1024;

/** What can be done with lines that are chosen. */
function Chosen({ range, held, onRange, ownsUrl }: LogToolsProps & { range: Range }) {
  const toasts = useToasts();
  const clipboard = useClipboard();
  const [isBusy, setBusy] = useState(false);
  const copy = async (text: () => Promise<string> | string, what: string): Promise<void> => {
    setBusy(true);
    try {
      if (await clipboard(await text(), what)) toasts.tell({ tone: "good", text: `Copied ${what}.` });
    } catch (error) {
      toasts.tell({ tone: "bad", text: wordsOf(error) });
    } finally {
      setBusy(false);
    }
  };
  const lines = async (): Promise<string> => {
    const rows = (await held?.lines(range.from, range.to, COPIED_BYTES_MAX)) ?? [];
    return rows.map(({ text }) => `${inert(plainLine(text))}\n`).join("");
  };
  const count = range.to - range.from + 1;
  const words = count === 1 ? `line ${range.from}` : `${count.toLocaleString("en")} lines`;
  return (
    <div className={styles["chosen"]}>
      <span>{count === 1 ? `Line ${range.from}` : `Lines ${rangeText(range)}`}</span>
      <Button isSmall isBusy={isBusy} onClick={() => void copy(lines, words)}>
        Copy {words}
      </Button>
      {ownsUrl && (
        <Button isSmall icon={<LinkSign aria-hidden />} onClick={() => void copy(() => location.href, "the link")}>
          Copy link
        </Button>
      )}
      <IconButton label="Choose no line" onClick={() => onRange(undefined)}>
        <X aria-hidden />
      </IconButton>
      <span className={styles["hint"]}>Shift and click on another number chooses all between.</span>
    </div>
  );
}
