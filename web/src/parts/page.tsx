/** The frame of a screen: its name, what can be done there, and what it shows. Sets the title of the window. */
import { type ReactNode, useEffect } from "react";
import { useLocation } from "@tanstack/react-router";
import { noteThing } from "../app/recent.ts";
import { namespaceSaid } from "../data/here.ts";
import { Apart, Boundary } from "./boundary.tsx";
import styles from "./page.module.css";

interface PageProps {
  title: string;
  /** In place of the title's text: marks, badges. The text is still the window's title. */
  heading?: ReactNode;
  /** The way here: links to what is above. */
  above?: ReactNode;
  /** Under the title: what this is, in one line. */
  lead?: ReactNode;
  actions?: ReactNode;
  /** The content fills the height of the window and scrolls by itself. */
  isFull?: boolean;
  children: ReactNode;
}

export function Page({ title, heading, above, lead, actions, isFull = false, children }: PageProps) {
  const path = useLocation({ select: ({ pathname }) => pathname });
  useEffect(() => {
    document.title = [title, ...(namespaceSaid === undefined ? [] : [namespaceSaid]), "Octopus"].join(" · ");
    noteThing(path, title);
  }, [path, title]);
  return (
    <div className={`${styles["page"]} ${isFull ? styles["full"] : ""}`}>
      <header className={styles["head"]}>
        <div className={styles["names"]}>
          {above !== undefined && <div className={styles["above"]}>{above}</div>}
          <h1 className={styles["title"]}>{heading ?? title}</h1>
          {lead !== undefined && <div className={styles["lead"]}>{lead}</div>}
        </div>
        {actions !== undefined && <div className={styles["actions"]}>{actions}</div>}
      </header>
      <div className={styles["body"]}>
        <Apart>{children}</Apart>
      </div>
    </div>
  );
}

/** A part of a screen with a name. */
export function Panel({
  title,
  actions,
  children,
  isFlush = false,
}: {
  title?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  /** Tables and lists reach to its edges. */
  isFlush?: boolean;
}) {
  return (
    <section className={styles["panel"]}>
      {(title !== undefined || actions !== undefined) && (
        <div className={styles["panelHead"]}>
          <h2 className={styles["panelTitle"]}>{title}</h2>
          {actions !== undefined && <div className={styles["actions"]}>{actions}</div>}
        </div>
      )}
      <div className={isFlush ? styles["flush"] : styles["panelBody"]}>
        <Boundary of={typeof title === "string" ? title : undefined}>{children}</Boundary>
      </div>
    </section>
  );
}

/** Names and values. A value that is undefined is left out with its name. */
export function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={styles["facts"]}>
      {facts.map(([name, value]) =>
        value === undefined || value === null || value === "" ? null : (
          <div key={name} className={styles["fact"]}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}
