/** What became of a schedule's ticks, the newest first, page after page. */
import { useInfiniteQuery } from "@tanstack/react-query";
import type { ScheduleView, TickView } from "@octopus/protocol/schedule-views.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { tickState, tickWords } from "@octopus/view/schedules.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { Button } from "../../parts/button.tsx";
import { LateTrouble } from "../../parts/late-trouble.tsx";
import { Empty, Loading } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Ago, Clock } from "../../parts/times.tsx";
import { MadeLink } from "./result-strip.tsx";
import styles from "./schedule.module.css";

const PAGE = 20;

const COLUMNS: readonly Column<TickView>[] = [
  { title: "Due", cell: ({ tick }) => <Clock at={tick} /> },
  { title: "Result", cell: (tick) => <StateMark state={tickState(tick)} withLabel label={tickWords(tick)} /> },
  {
    title: "Made",
    cell: (tick) => <MadeLink tick={tick}>{tick.made ?? ""}</MadeLink>,
  },
  { title: "Fired", cell: ({ at }) => <Ago at={at} />, isMinor: true },
  {
    title: "Why",
    cell: ({ reason, manual }) => (
      <span className={styles["reason"]}>
        {[
          manual === "trigger" ? "fired by hand" : manual === "backfill" ? "fired afterwards" : "",
          inertLine(reason ?? ""),
        ]
          .filter(Boolean)
          .join(": ")}
      </span>
    ),
    isWide: true,
  },
];

export function Ticks({ schedule: { name, nextAt, paused } }: { schedule: ScheduleView }) {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: keys.schedule(name, "ticks"),
    queryFn: ({ pageParam }) => client.ticks(name, { limit: PAGE, ...(pageParam !== "" && { cursor: pageParam }) }),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next,
  });
  const rows = data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Panel title="Past ticks" isFlush>
      <LateTrouble error={error} isShown={data !== undefined} retry={() => void refetch()} />
      {data === undefined ? (
        error === null && <Loading />
      ) : rows.length === 0 ? (
        <Empty title="It has not fired yet">
          {paused || nextAt === undefined ? (
            "Nothing is due."
          ) : (
            <>
              It is due <Ago at={nextAt} />.
            </>
          )}
        </Empty>
      ) : (
        <Table label={`Past ticks of ${name}`} columns={COLUMNS} rows={rows} keyOf={({ tick }) => tick} />
      )}
      {hasNextPage && (
        <div className={styles["more"]}>
          <Button isBusy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Older ticks
          </Button>
        </div>
      )}
    </Panel>
  );
}
