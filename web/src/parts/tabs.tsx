/** Tabs whose choice stands in the URL, in the parameter `tab` unless it says another. */
import { Tabs as Radix } from "radix-ui";
import { type ReactNode, useEffect, useRef } from "react";
import { useSearchText } from "../app/search.ts";
import { Boundary } from "./boundary.tsx";
import styles from "./tabs.module.css";

export interface Tab {
  id: string;
  label: ReactNode;
  content: ReactNode;
}

/** The first tab is the one of a URL that names none. Only the chosen one is rendered. */
export function Tabs({
  tabs,
  name = "tab",
  label,
  isFull = false,
}: {
  tabs: readonly Tab[];
  name?: string;
  label: string;
  isFull?: boolean;
}) {
  const [chosen, choose] = useSearchText(name);
  const first = tabs[0]!.id;
  const value = tabs.some(({ id }) => id === chosen) ? chosen : first;
  const list = useRef<HTMLDivElement>(null);
  // Where there is little room, the chosen one may stand beyond the edge.
  useEffect(() => {
    const tab = list.current?.querySelector('[data-state="active"]');
    tab?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [value]);
  return (
    <Radix.Root
      value={value}
      onValueChange={(id) => choose(id === first ? undefined : id)}
      className={isFull ? styles["full"] : undefined}
    >
      <Radix.List className={styles["list"]} aria-label={label} ref={list}>
        {tabs.map(({ id, label: text }) => (
          <Radix.Trigger key={id} value={id} className={styles["tab"]}>
            {text}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map(({ id, label: text, content }) => (
        <Radix.Content key={id} value={id} className={styles["content"]} tabIndex={-1}>
          {id === value && <Boundary of={typeof text === "string" ? text : undefined}>{content}</Boundary>}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
