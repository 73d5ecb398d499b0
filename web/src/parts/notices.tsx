/** What stands where a list or a thing would: nothing yet, still coming, went wrong. */
import type { ReactNode } from "react";
import { AlertTriangle } from "lucide-react";
import { OctopusError } from "@octopus/base/errors.ts";
import { wordsOf } from "../data/words.ts";
import { Button } from "./button.tsx";
import styles from "./notices.module.css";

/** Nothing is there: says so, and what to do about it. */
export function Empty({ title, children, icon }: { title: string; children?: ReactNode; icon?: ReactNode }) {
  return (
    <div className={styles["empty"]}>
      {icon}
      <p className={styles["emptyTitle"]}>{title}</p>
      {children !== undefined && <div className={styles["emptyText"]}>{children}</div>}
    </div>
  );
}

/** Something could not be read: the server's own words, and another try. */
export function Trouble({ error, retry }: { error: unknown; retry?: () => void }) {
  const code = error instanceof OctopusError ? error.code : undefined;
  return (
    <div className={styles["trouble"]} role="alert">
      <AlertTriangle aria-hidden />
      <div>
        <p>{wordsOf(error)}</p>
        {code !== undefined && <p className={styles["code"]}>{code}</p>}
      </div>
      {retry !== undefined && (
        <Button isSmall onClick={() => retry()}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** Room for what is on its way; says nothing before it has taken a moment. */
export function Loading({ lines = 3 }: { lines?: number }) {
  return (
    <div className={styles["loading"]} role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, i) => (
        <div key={i} className={styles["line"]} />
      ))}
    </div>
  );
}

/** A remark in a tone, over the width of where it stands. */
export function Remark({
  tone,
  children,
  actions,
}: {
  tone: "good" | "bad" | "warn" | "busy" | "wait" | "off";
  children: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className={`${styles["remark"]} ${styles[tone]}`}>
      <div>{children}</div>
      {actions}
    </div>
  );
}
