/** A line that is too long for its place, by the piece: a line of a megabyte must not hang the page. */
import { useEffect, useState } from "react";
import { plainLine } from "@octopus/view/ansi.ts";
import { clip, inert } from "@octopus/view/inert.ts";
import type { Row } from "@octopus/view/log-lines.ts";
import { Button } from "../parts/button.tsx";
import { Copy } from "../parts/copy.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Loading, Trouble } from "../parts/notices.tsx";
import type { LogLinesHeld } from "./log-lines-held.ts";
import styles from "./log-view.module.css";

const STEP = 50_000;

export function LongLine({ held, line, onClose }: { held: LogLinesHeld; line: number; onClose(): void }) {
  const [row, setRow] = useState<Row>();
  const [error, setError] = useState<unknown>();
  const [shown, setShown] = useState(STEP);
  useEffect(() => {
    // What the page holds of it may end where an answer ended.
    held.lines(line, line, 1).then(([found]) => setRow(found), setError);
  }, [held, line]);
  const whole = row === undefined ? "" : plainLine(row.text);
  const { text, more } = clip(whole, shown);
  return (
    <Dialog
      title={`Line ${line}`}
      {...(row !== undefined && { lead: `${whole.length.toLocaleString("en")} characters` })}
      isOpen
      isWide
      onClose={onClose}
      actions={
        <>
          <Copy text={() => inert(whole)} what="the whole line" label="Copy the whole line" />
          {more > 0 && (
            <Button isSmall onClick={() => setShown((before) => before + STEP)}>
              Show {Math.min(STEP, more).toLocaleString("en")} more characters
            </Button>
          )}
        </>
      }
    >
      {error !== undefined && <Trouble error={error} />}
      {row === undefined && error === undefined && <Loading />}
      <pre className={styles["long"]}>{inert(text)}</pre>
    </Dialog>
  );
}
