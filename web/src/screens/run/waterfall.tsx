/**
 * When the tasks of a run waited and ran, one row each, on one axis. The critical path has a sign beside the name and a
 * frame around its bars; what holds others unfolds in place. Ctrl and wheel zooms, Shift and wheel moves, so do keys.
 */
import { useQueries } from "@tanstack/react-query";
import { Diamond, Maximize, Minus, Plus } from "lucide-react";
import { useCallback, useMemo, useRef, useState } from "react";
import type { AttemptView, TaskView } from "@octopus/protocol/views.ts";
import { formatDuration } from "@octopus/base/duration.ts";
import { criticalPath, lastMember } from "@octopus/view/critical-path.ts";
import { type RunRow, runRows } from "@octopus/view/run-rows.ts";
import { pan, type Stretch, tickLabel, ticks, zoom } from "@octopus/view/time-axis.ts";
import { gapsOf, runBounds, spansOf } from "@octopus/view/waterfall.ts";
import { useNow } from "../../app/now.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { Button, IconButton } from "../../parts/button.tsx";
import { Empty } from "../../parts/notices.tsx";
import { Bars } from "./bars.tsx";
import { Legend } from "./legend.tsx";
import { RowName, rowId, useTree } from "./tree-rows.tsx";
import type { ViewProps } from "./view-props.ts";
import styles from "./waterfall.module.css";

const TICK_PX = 90;
/** Shorter stretches in which nothing ran are no gap, seen on the whole. */
const GAP_SHARE = 0.04;
/** Shorter waits are no bar that anybody sees. */
const WAIT_SHARE = 0.01;

export function Waterfall({ data, folds, selected, select }: ViewProps) {
  const { run, parts } = data;
  const now = useNow();
  const isLive = run.endedAt === undefined;
  const at = isLive ? Math.max(now, lastMoment(run)) : 0;
  const bounds = useMemo(() => runBounds(run, at), [run, at]);
  const rows = useMemo(() => runRows(parts, { open: folds.ids, order: "start", now: 0 }), [parts, folds.ids]);
  const critical = useCritical(data);
  const tree = useTree({ rows, folds, selected, select });
  const items = tree.virtual.getVirtualItems();
  const attempts = useAttempts(
    items.map(({ index }) => rows[index]!),
    (bounds.to - bounds.from) * WAIT_SHARE,
  );
  const gaps = useMemo(() => {
    const spans = parts.tasks.flatMap((task) => spansOf(task));
    // What holds others runs through them: as long as it does, something may run that is not read.
    const busy = spans.map((span) => (span.kind === "hold" ? { ...span, kind: "run" as const } : span));
    return gapsOf(busy, bounds, (bounds.to - bounds.from) * GAP_SHARE);
  }, [parts.tasks, bounds]);
  const { view, setView, axis, width } = useAxis(bounds);
  const lines = ticks(view, bounds.from, Math.max(2, Math.floor(width / TICK_PX)));
  const place = (ms: number): number => ((ms - view.from) / (view.to - view.from)) * 100;
  const hasRoom = (moment: number): boolean => ((100 - place(moment)) / 100) * width > TICK_PX / 2;
  if (run.tasks.length === 0) return <Empty title="This run has no tasks" />;
  const middle = (view.from + view.to) / 2;
  const isWhole = view.from === bounds.from && view.to === bounds.to;
  return (
    <div className={styles["whole"]}>
      <div className={styles["tools"]}>
        <Legend />
        <span className={styles["buttons"]}>
          {!isWhole && (
            <Button isSmall icon={<Maximize aria-hidden />} onClick={() => setView(undefined)}>
              All of it
            </Button>
          )}
          <IconButton label="Closer" onClick={() => setView(zoom(view, 0.5, middle, bounds))}>
            <Plus aria-hidden />
          </IconButton>
          <IconButton label="Further" disabled={isWhole} onClick={() => setView(zoom(view, 2, middle, bounds))}>
            <Minus aria-hidden />
          </IconButton>
        </span>
      </div>
      <div
        ref={tree.scroller}
        className={styles["scroller"]}
        role="treegrid"
        aria-label={`Waterfall of ${run.id}`}
        aria-rowcount={rows.length}
        aria-activedescendant={tree.activeId}
        tabIndex={0}
        onKeyDown={(event) => {
          const step = (view.to - view.from) / 5;
          const deeds: Record<string, () => void> = {
            "+": () => setView(zoom(view, 0.5, middle, bounds)),
            "-": () => setView(zoom(view, 2, middle, bounds)),
            "0": () => setView(undefined),
            "[": () => setView(pan(view, -step, bounds)),
            "]": () => setView(pan(view, step, bounds)),
          };
          const deed = deeds[event.key];
          if (deed === undefined || event.ctrlKey || event.metaKey) tree.onKeyDown(event);
          else {
            event.preventDefault();
            deed();
          }
        }}
      >
        <div className={styles["head"]} role="row">
          <span role="columnheader" className={styles["corner"]}>
            {run.tasks.length === 1 ? "1 task" : `${run.tasks.length.toLocaleString("en")} tasks`}
          </span>
          <span role="columnheader" className={styles["axis"]} ref={axis} aria-label="Time since the run began">
            {lines.at.filter(hasRoom).map((moment) => (
              <span key={moment} className={styles["tick"]} style={{ left: `${place(moment)}%` }}>
                {tickLabel(moment - bounds.from, lines.stepMs)}
              </span>
            ))}
          </span>
        </div>
        <div className={styles["room"]} style={{ height: tree.virtual.getTotalSize() }} role="presentation">
          <div className={styles["back"]} role="presentation">
            {gaps.map(({ from, to, why }) => (
              <span
                key={from}
                className={`${styles["gap"]} ${why === "asked" ? styles["asked"] : ""}`}
                style={{ left: `${place(from)}%`, width: `${place(to) - place(from)}%` }}
                title={`${why === "asked" ? "Waited for a person" : "Nothing ran"} for ${formatDuration(Math.round(to - from))}`}
              />
            ))}
            {lines.at.map((moment) => (
              <span key={moment} className={styles["line"]} style={{ left: `${place(moment)}%` }} />
            ))}
            {isLive && <span className={styles["now"]} style={{ left: `${place(at)}%` }} title="Now" />}
          </div>
          {items.map(({ index, start }) => {
            const row = rows[index]!;
            return (
              <div
                key={row.key}
                id={rowId(row.key)}
                role="row"
                aria-rowindex={index + 2}
                aria-level={row.depth + 1}
                aria-expanded={row.holds === undefined ? undefined : row.isOpen}
                aria-selected={row.key === selected}
                className={`${styles["row"]} ${row.key === selected ? styles["selected"] : ""}`}
                style={{ translate: `0 ${start}px` }}
                onClick={() => select(row.key)}
              >
                <span role="gridcell" className={styles["nameCell"]}>
                  <RowName row={row} toggle={() => folds.toggle(row.task)}>
                    {critical.past.has(row.key) && (
                      <Diamond className={styles["diamond"]} aria-label="on the critical path" />
                    )}
                    {critical.ahead.has(row.key) && (
                      <Diamond className={styles["ahead"]} aria-label="will be on the critical path" />
                    )}
                  </RowName>
                </span>
                <span role="gridcell" className={styles["bars"]}>
                  {row.note === undefined && (
                    <Bars
                      task={row.task}
                      attempts={attempts.get(row.task.id)}
                      view={view}
                      now={Math.max(at, bounds.to)}
                      isCritical={critical.past.has(row.key)}
                      width={width}
                    />
                  )}
                </span>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function lastMoment(run: ViewProps["data"]["run"]): number {
  return run.tasks.reduce((last, { endedAt, startedAt }) => {
    const at = endedAt ?? startedAt;
    return at === undefined ? last : Math.max(last, Date.parse(at));
  }, 0);
}

/** The chains of the run and of what is unfolded. */
function useCritical({ parts }: ViewProps["data"]) {
  return useMemo(() => {
    const { past, ahead } = criticalPath(parts.tasks);
    const isOn = new Set(past);
    for (const task of parts.tasks) {
      if (!isOn.has(task.id)) continue;
      const nested = task.subRun === undefined ? undefined : parts.runs?.get(task.subRun);
      if (nested !== undefined) for (const id of criticalPath(nested.tasks).past) isOn.add(id);
      const last = lastMember(parts.members?.get(task.id) ?? []);
      if (last !== undefined && task.endedAt !== undefined) isOn.add(last);
    }
    return { past: isOn, ahead: new Set(ahead) };
  }, [parts]);
}

/**
 * What the run itself does not tell: earlier attempts, and what a wait that can be seen was for. Asked for rows in sight.
 */
function useAttempts(rows: readonly RunRow[], seenMs: number): ReadonlyMap<string, readonly AttemptView[]> {
  const ids = rows.flatMap(({ task, note }) => {
    if (note !== undefined || task.attempt === 0) return [];
    return task.attempt > 1 || waitedMs(task) > seenMs ? [task.id] : [];
  });
  return useQueries({
    queries: ids.map((id) => ({
      queryKey: keys.task(id),
      queryFn: ({ signal }: { signal: AbortSignal }) => client.task(id, { signal }),
    })),
    combine: (results) =>
      new Map(results.flatMap(({ data }) => (data === undefined ? [] : [[data.id, data.attempts] as const]))),
  });
}

function waitedMs({ readyAt, startedAt }: TaskView): number {
  return readyAt === undefined || startedAt === undefined ? 0 : Date.parse(startedAt) - Date.parse(readyAt);
}

/** The stretch that is looked at: all of it and on with time, until somebody zooms. */
function useAxis(bounds: Stretch) {
  const [chosen, setChosen] = useState<Stretch>();
  const [width, setWidth] = useState(600);
  const view = useMemo(() => chosen ?? bounds, [chosen, bounds]);
  const element = useRef<HTMLSpanElement | null>(null);
  const now = useRef({ view, bounds });
  now.current = { view, bounds };
  const setView = useCallback((next: Stretch | undefined) => {
    const whole = now.current.bounds;
    const isWhole = next === undefined || (next.from <= whole.from && next.to >= whole.to);
    setChosen(isWhole ? undefined : next);
  }, []);
  const onWheel = useCallback(
    (event: WheelEvent) => {
      const { view: seen, bounds: whole } = now.current;
      const box = element.current?.getBoundingClientRect();
      if (box === undefined || (!event.ctrlKey && !event.metaKey && !event.shiftKey && event.deltaX === 0)) return;
      const perPx = (seen.to - seen.from) / box.width;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        setView(zoom(seen, Math.exp(event.deltaY / 300), seen.from + (event.clientX - box.left) * perPx, whole));
      } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        event.preventDefault();
        setView(pan(seen, (event.deltaX || event.deltaY) * perPx, whole));
      }
    },
    [setView],
  );
  const axis = useCallback(
    (node: HTMLSpanElement | null) => {
      element.current = node;
      const scroller = node?.closest<HTMLElement>('[role="treegrid"]');
      if (node === null || scroller == null) return;
      const sizes = new ResizeObserver(() => setWidth(node.clientWidth));
      sizes.observe(node);
      // React listens to wheels passively: the page itself would zoom.
      scroller.addEventListener("wheel", onWheel, { passive: false });
      return () => {
        sizes.disconnect();
        scroller.removeEventListener("wheel", onWheel);
      };
    },
    [onWheel],
  );
  return { view, setView, axis, width };
}
