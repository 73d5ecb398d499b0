/**
 * How far actions on many tasks are, above the list of them: those that are under way, and what came of those that this page
 * has begun until that is put away. Several stand in one line, which can be unfolded.
 */
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import type { BulkView } from "@octopus/protocol/views.ts";
import { bulkProgress, bulksProgress } from "@octopus/view/bulk-words.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { Button } from "../../parts/button.tsx";
import styles from "./tasks.module.css";

const begun = new Set<string>();
const begunWatchers = new Set<() => void>();

/** This page has begun it: its end is shown, too. */
export function noteBegun(id: string): void {
  begun.add(id);
  for (const watcher of begunWatchers) watcher();
}

export function BulkProgress() {
  const [, setVersion] = useState(0);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const watcher = (): void => setVersion((before) => before + 1);
    begunWatchers.add(watcher);
    return () => void begunWatchers.delete(watcher);
  }, []);
  const { data } = useQuery({ queryKey: keys.bulks, queryFn: () => client.bulks() });
  const shown = (data ?? []).filter(({ id, state }) => state === "running" || begun.has(id));
  const putAway = (ended: readonly BulkView[]): void => {
    for (const { id } of ended) begun.delete(id);
    setVersion((before) => before + 1);
  };
  const rows = shown.map((bulk) => <One key={bulk.id} bulk={bulk} putAway={() => putAway([bulk])} />);
  if (rows.length < 2) return rows;
  const ended = shown.filter(({ state }) => state !== "running");
  return (
    <>
      <Line words={bulksProgress(shown)} bulks={shown.filter(({ state }) => state === "running")}>
        <Button isSmall aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? "Fold" : "Show each"}
        </Button>
        {ended.length > 0 && (
          <Button isSmall kind="quiet" onClick={() => putAway(ended)}>
            {ended.length === shown.length ? "Close" : "Close those that have ended"}
          </Button>
        )}
      </Line>
      {isOpen && <div className={styles["each"]}>{rows}</div>}
    </>
  );
}

function One({ bulk, putAway }: { bulk: BulkView; putAway(): void }) {
  const mayStop = useMay("operator");
  const stop = useAction({ run: () => client.cancelBulk(bulk.id), stale: [keys.bulks] });
  const isRunning = bulk.state === "running";
  return (
    <Line words={bulkProgress(bulk)} bulks={isRunning ? [bulk] : []}>
      {isRunning && mayStop && (
        <Button isSmall isBusy={stop.isPending} onClick={() => stop.run()}>
          Stop
        </Button>
      )}
      {!isRunning && (
        <Button isSmall kind="quiet" onClick={putAway}>
          Close
        </Button>
      )}
    </Line>
  );
}

/** `bulks`: those under way, whose bar it is. */
function Line({ words, bulks, children }: { words: string; bulks: readonly BulkView[]; children: ReactNode }) {
  const total = bulks.reduce((sum, bulk) => sum + bulk.total, 0);
  const through = bulks.reduce((sum, bulk) => sum + bulk.done + bulk.failed, 0);
  return (
    <div className={styles["progress"]} role="status">
      <span>{words}</span>
      {bulks.length > 0 && <progress max={Math.max(1, total)} value={through} aria-label={words} />}
      {children}
    </div>
  );
}
