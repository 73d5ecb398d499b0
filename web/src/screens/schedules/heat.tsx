/** A schedule's past and coming ticks as a calendar: by days over months, or by hours over a week. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { ScheduleHeat, ScheduleView } from "@octopus/protocol/schedule-views.ts";
import { zonedStep } from "@octopus/base/zoned.ts";
import { type HeatCell, heatGrid, type HeatTone } from "@octopus/view/heat.ts";
import { useSearchText } from "../../app/search.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { ChipToggle } from "../../parts/chips.tsx";
import { Loading, Trouble } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import { Clock } from "../../parts/times.tsx";
import styles from "./heat.module.css";

/** A schedule that fires so often says more by hours. */
const OFTEN_MS = 6 * 3_600_000;

export function Heat({ schedule }: { schedule: ScheduleView }) {
  const { name, next } = schedule;
  const [said, setSaid] = useSearchText("by");
  const [first, second] = next;
  const isOften = first !== undefined && second !== undefined && Date.parse(second) - Date.parse(first) <= OFTEN_MS;
  const by = said === "day" || said === "hour" ? said : isOften ? "hour" : "day";
  const { data, error, refetch } = useQuery({
    queryKey: keys.schedule(name, "heat", by),
    queryFn: () => client.scheduleHeat(name, { by }),
    placeholderData: (before) => before,
  });
  return (
    <Panel
      title="Calendar"
      actions={
        <>
          <ChipToggle isOn={by === "day"} onChange={() => setSaid("day")}>
            Days
          </ChipToggle>
          <ChipToggle isOn={by === "hour"} onChange={() => setSaid("hour")}>
            Hours
          </ChipToggle>
        </>
      }
    >
      {data !== undefined ? (
        <HeatMap heat={data} name={name} />
      ) : error !== null ? (
        <Trouble error={error} retry={() => void refetch()} />
      ) : (
        <Loading />
      )}
    </Panel>
  );
}

const SIGNS: Readonly<Record<HeatTone, string>> = {
  bad: "M4 4l6 6M10 4l-6 6",
  warn: "M7 3.500v4M7 10v.5",
  busy: "M7 5.500a1.500 1.500 0 1 1 0 3a1.500 1.500 0 0 1 0-3",
  coming: "M7 6.500v1",
  good: "",
  off: "M4 7h6",
  none: "",
};
const LEGEND: readonly (readonly [HeatTone, string])[] = [
  ["good", "succeeded"],
  ["bad", "failed"],
  ["warn", "missed"],
  ["busy", "not ended"],
  ["off", "left out"],
  ["coming", "to come"],
];
const STEP = 17;
const LEFT = 48;
const TOP = 18;

function HeatMap({ heat, name }: { heat: ScheduleHeat; name: string }) {
  const grid = useMemo(() => {
    const stepOf = zonedStep(heat.zone, heat.by);
    const span = {
      first: stepOf(Date.parse(heat.from)),
      last: stepOf(Date.parse(heat.to) - 1),
      now: stepOf(Date.now()),
    };
    return heatGrid(heat, span);
  }, [heat]);
  const width = LEFT + grid.columns.length * STEP;
  const height = TOP + grid.rows.length * STEP;
  const { comingTo, knownFrom } = heat;
  return (
    <div className={styles["all"]}>
      <div className={styles["scroll"]} tabIndex={0} role="region" aria-label={`Calendar of ${name}`}>
        <svg
          viewBox={`0 0 ${width} ${height}`}
          width={width}
          height={height}
          role="img"
          aria-label={wordsOf(heat, name)}
        >
          {grid.columns.map((label, column) => (
            <text key={column} x={LEFT + column * STEP} y={11} className={styles["label"]}>
              {label}
            </text>
          ))}
          {grid.rows.map(({ label, cells }, row) => (
            <g key={label} transform={`translate(0 ${TOP + row * STEP})`}>
              <text x={0} y={11} className={styles["label"]}>
                {label}
              </text>
              {cells.map((cell, column) => cell && <Cell key={column} cell={cell} x={LEFT + column * STEP} />)}
            </g>
          ))}
        </svg>
      </div>
      <ul className={styles["legend"]} aria-label="What the signs mean">
        {LEGEND.map(([tone, words]) => (
          <li key={tone}>
            <svg viewBox="0 0 14 14" width="14" height="14" aria-hidden>
              <Sign tone={tone} level={4} />
            </svg>
            {words}
          </li>
        ))}
      </ul>
      {knownFrom !== undefined && (
        <p className={styles["hint"]}>
          Ticks before <Clock at={knownFrom} /> are too many to show.
        </p>
      )}
      {comingTo !== undefined && (
        <p className={styles["hint"]}>
          Ticks to come are shown until <Clock at={comingTo} />; they go on.
        </p>
      )}
    </div>
  );
}

function Cell({ cell, x }: { cell: HeatCell; x: number }) {
  return (
    <g transform={`translate(${x} 0)`} className={cell.isNow ? styles["now"] : undefined}>
      <title>{cell.words}</title>
      <Sign tone={cell.tone} level={cell.level} />
    </g>
  );
}

function Sign({ tone, level }: { tone: HeatTone; level: number }) {
  return (
    <>
      <rect x="0.5" y="0.5" width="13" height="13" rx="2.5" className={`${styles[tone]} ${styles[`level${level}`]}`} />
      {SIGNS[tone] !== "" && <path d={SIGNS[tone]} className={`${styles["sign"]} ${styles[`on-${tone}`]}`} />}
    </>
  );
}

function wordsOf({ by, cells }: ScheduleHeat, name: string): string {
  const sum = (kind: "succeeded" | "failed" | "missed" | "coming"): number =>
    cells.reduce((all, cell) => all + (cell[kind] ?? 0), 0);
  const parts = [
    `${sum("succeeded")} succeeded`,
    `${sum("failed")} failed`,
    `${sum("missed")} missed`,
    `${sum("coming")} to come`,
  ];
  return `Ticks of ${name} by ${by}: ${parts.join(", ")}`;
}
