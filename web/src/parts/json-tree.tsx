/** A value as a tree whose branches open and close: what is closed is not drawn, and of a long list so much at a time. */
import { ChevronDown, ChevronRight } from "lucide-react";
import { useState } from "react";
import type { Json } from "@octopus/base/words.ts";
import { clip, inert, inertLine } from "@octopus/view/inert.ts";
import styles from "./json-tree.module.css";

/** Entries of one branch that are drawn before a reader asks for more. */
const ENTRIES = 100;
const TEXT_CHARS = 1000;
/** Branches of a small value stand open. */
const OPEN_DEPTH = 2;
const OPEN_ENTRIES = 20;

export function JsonTree({ value, label }: { value: Json; label: string }) {
  return (
    <div className={styles["tree"]} role="group" aria-label={label}>
      <Node value={value} depth={0} />
    </div>
  );
}

function Node({ name, value, depth }: { name?: string; value: Json; depth: number }) {
  if (value === null || typeof value !== "object")
    return (
      <div className={styles["leaf"]}>
        <Name name={name} />
        <Leaf value={value} />
      </div>
    );
  return <Branch {...(name !== undefined && { name })} value={value} depth={depth} />;
}

function Branch({ name, value, depth }: { name?: string; value: Json[] | { [key: string]: Json }; depth: number }) {
  const isList = Array.isArray(value);
  const count = isList ? value.length : Object.keys(value).length;
  const [isOpen, setOpen] = useState(depth === 0 || (depth < OPEN_DEPTH && count <= OPEN_ENTRIES));
  const [shown, setShown] = useState(ENTRIES);
  const words = `${count.toLocaleString("en")} ${isList ? (count === 1 ? "item" : "items") : count === 1 ? "field" : "fields"}`;
  if (count === 0)
    return (
      <div className={styles["leaf"]}>
        <Name name={name} />
        <span className={styles["faint"]}>{isList ? "[ ]" : "{ }"}</span>
      </div>
    );
  const entries = isOpen ? Object.entries(value).slice(0, shown) : [];
  return (
    <div>
      <button type="button" className={styles["branch"]} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {isOpen ? <ChevronDown aria-hidden /> : <ChevronRight aria-hidden />}
        <Name name={name} />
        <span className={styles["faint"]}>
          {isList ? "[" : "{"} {words} {isList ? "]" : "}"}
        </span>
      </button>
      {isOpen && (
        <div className={styles["inner"]}>
          {entries.map(([key, one]) => (
            <Node key={key} name={key} value={one} depth={depth + 1} />
          ))}
          {count > shown && (
            <button type="button" className={styles["more"]} onClick={() => setShown(shown + 10 * ENTRIES)}>
              {(count - shown).toLocaleString("en")} more
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function Name({ name }: { name: string | undefined }) {
  return name === undefined ? null : <span className={styles["name"]}>{inertLine(clip(name, 200).text)}: </span>;
}

function Leaf({ value }: { value: string | number | boolean | null }) {
  const [isWhole, setWhole] = useState(false);
  if (typeof value !== "string") return <span className={styles["number"]}>{String(value)}</span>;
  const { text, more } = isWhole ? clip(value, 200_000) : clip(value, TEXT_CHARS);
  return (
    <>
      <bdi className={styles["text"]}>{inert(text)}</bdi>
      {more > 0 &&
        (isWhole ? (
          <span className={styles["faint"]}> … {more.toLocaleString("en")} more characters: copy it to see them</span>
        ) : (
          <button type="button" className={styles["more"]} onClick={() => setWhole(true)}>
            … {more.toLocaleString("en")} more characters
          </button>
        ))}
    </>
  );
}
